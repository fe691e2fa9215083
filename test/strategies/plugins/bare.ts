export const name = 'a module that describes no strategy';
