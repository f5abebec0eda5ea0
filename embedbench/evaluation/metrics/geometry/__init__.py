"""How much of the input space's geometry the latent space keeps."""
