// Where the Tab key has stopped.
return document.focused;
