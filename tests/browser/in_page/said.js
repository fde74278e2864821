// What the page says of itself.
return {
  language: document.documentElement.lang,
  title: document.title,
  headings: document.querySelectorAll('h1').length,
  foreign: [...document.querySelectorAll('[src], [href], [action]')]
    .flatMap((element) => ['src', 'href', 'action'].map((name) => element.getAttribute(name)))
    .filter((address) => address && !address.startsWith(`${location.origin}/`) && !/^(\/(?!\/)|#|\?|tel:|mailto:|otpauth:)/.test(address)),
};
