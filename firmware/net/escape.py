"""How does text stand in a web page without becoming part of it?"""


def escape(text) -> str:
    """Text for HTML, inside of quotes too."""
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        text = text.replace(sign, "&" + name + ";")
    return text
