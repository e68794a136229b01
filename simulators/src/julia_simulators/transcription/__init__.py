"""A simulator of an OpenAI-compatible transcription service.

It hears nothing: it answers what a test scripted, what an audio file carries as text
(`julia_simulators.files.ogg`), or a fixed sentence. Every response says so with the header
`x-julia-simulator: transcription`.
"""
