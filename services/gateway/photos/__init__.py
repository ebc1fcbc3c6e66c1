"""Photos that clients send: read in a process of their own, and written anew from their pixels.

Nothing is imported here: that process would pay for it with each photo.
"""
