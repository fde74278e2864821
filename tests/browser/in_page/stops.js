// Where the Tab key has to stop, in the order of the page; from now on it is written down where it does.
const shown = (element) => element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true });
const inGroup = (element) => element.type === 'radio'
  ? [...document.getElementsByName(element.name)].filter((other) => other.type === 'radio' && other.form === element.form)
  : [element];
// Of a group of radio buttons one is a stop: the chosen one, else the first.
const isStop = (element) => element === (inGroup(element).find((one) => one.checked) ?? inGroup(element)[0]);
const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, iframe, [tabindex]')]
  .filter((element) => element.tabIndex >= 0 && !element.disabled && element.type !== 'hidden' && shown(element) && isStop(element));
document.activeElement.blur();
// What has the focus is outlined, or a box around it is; some show themselves only then.
const around = (element) => [element, element.parentElement, element.parentElement.parentElement];
const outlined = (element) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
};
const always = new Set(stops.flatMap(around).filter(outlined));
const hidden = new Set(stops.filter((element) => element.offsetWidth <= 1));
document.focused = [];
document.addEventListener('focusin', ({ target }) => {
  const marked = around(target).some((element) => outlined(element) && !always.has(element));
  const box = target.getBoundingClientRect();
  const seen = (marked || hidden.has(target)) && box.width > 1 && box.height > 1;
  // What can be scrolled is a stop of the browser's own.
  const scrolls = target.scrollWidth > target.clientWidth && stops.indexOf(target) < 0;
  if (!scrolls) document.focused.push({ at: stops.indexOf(target), seen });
});
// From the top, wherever the focus was.
getSelection().collapse(document.body, 0);
const name = (element) => `${element.tagName.toLowerCase()}${element.id && '#' + element.id} ${(element.getAttribute('href') ?? element.name ?? '').split('?')[0].split('/').pop()}`;
// A field for a date has stops of its own within.
const within = stops.filter((element) => element.type === 'date' || element.type === 'datetime-local').length * 6;
// Whoever comes round leaves the page once on the way.
return { names: stops.map(name), presses: stops.length + within + 1 };
