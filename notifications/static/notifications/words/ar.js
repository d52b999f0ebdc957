/** Made by `make messages` of ar's djangojs.po. */
export const texts = {};
