"""Photos that clients send: read in a process of their own, and written anew from their pixels."""

from services.gateway.photos.decoder import Decoder, DecoderSettings, Photo, PhotoError

__all__ = ["Decoder", "DecoderSettings", "Photo", "PhotoError"]
