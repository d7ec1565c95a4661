// Style sheets are imported for their effect alone. (Next's own declarations also make NODE_ENV a part of every
// environment, which those we give to children are not: so they are left out of the type check.)
declare module "*.css";
