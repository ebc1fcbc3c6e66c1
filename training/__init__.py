"""How `ember` is made: pictures, a tokenizer, an autoencoder, a text encoder and a denoiser."""
