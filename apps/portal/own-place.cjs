/**
 * Turbopack leaves `import.meta.dirname` undefined, and our packages find files beside themselves by it (migrations,
 * the child process that renders templates). This loader writes the source file's folder in its place.
 */
module.exports = function ownPlace(source) {
  return source.replaceAll("import.meta.dirname", JSON.stringify(this.context));
};
