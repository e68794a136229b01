"""A simulator of Evolution API 2.3.7 and of the WhatsApp behind it.

It answers the routes that Julia uses as the real server does, oddities included, plays the
doctors' phones, breaks on command and keeps its own record of everything that reached anybody.
`docs/reference/evolution-simulator.md` describes the control API and the page.
"""
