/** Made by `make messages` of de's djangojs.po. */
export const texts = {};
