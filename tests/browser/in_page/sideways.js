// How far the page goes beyond its window, and by what.
const page = document.documentElement;
const scrolls = (element) => element && (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
const beyond = [...document.body.querySelectorAll('*')]
  .filter((element) => element.getBoundingClientRect().right > page.clientWidth + 0.5 && !scrolls(element))
  .map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class')}`);
return { page: page.scrollWidth, window: page.clientWidth, beyond };
