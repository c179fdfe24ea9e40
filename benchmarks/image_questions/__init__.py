"""Questions about tags and images, asked with the tools for them and without.

The old way has the tools that return what the Hub's API does, and reads as many pages as a careful agent
would. The new way has the tools that find, pin, inspect and compare images. Both are asked on the sandbox at
a fixed time. What an answer must contain follows from the sandbox's data, without this server's code.
"""
