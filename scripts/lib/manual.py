"""Writes a manual page, in man(7), from what `PROGRAM --experimental-dump-help` prints.

    PROGRAM --experimental-dump-help | manual.py SECTION VERSION DATE [END]

END is a file with further sections.
"""

import json
import sys


def escaped(text):
    """Text of a page: no request at a line's start, and hyphens that can be copied."""
    text = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def spelled(name):
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def value(argument):
    return "\\fI%s\\fR" % escaped(argument.get("valueName", "value"))


def label(argument):
    """What stands before an argument's description."""
    if argument["kind"] == "positional":
        return value(argument)
    names = ", ".join("\\fB%s\\fR" % escaped(spelled(name)) for name in argument["names"])
    return names + (" " + value(argument) if argument["kind"] == "option" else "")


def usage(argument):
    """How an argument is shown in the synopsis."""
    text = value(argument)
    if argument["kind"] != "positional":
        text = "\\fB%s\\fR" % escaped(spelled(argument["preferredName"]))
        if argument["kind"] == "option":
            text += " " + value(argument)
    if argument["isRepeating"]:
        text += " ..."
    return "[%s]" % text if argument["isOptional"] else text


def shown(things):
    return [thing for thing in things if thing.get("shouldDisplay", True)]


def arguments(command):
    """Those that are not every command's."""
    common = {"help", "version"}
    return [each for each in shown(command.get("arguments", [])) if each.get("valueName") not in common]


def commands(command, path):
    """Every command that does something itself, with its words."""
    children = [each for each in shown(command.get("subcommands", [])) if each["commandName"] != "help"]
    for child in children:
        yield from commands(child, path + [child["commandName"]])
    if not children:
        yield path, command


def page(root, section, version, date, end):
    name = root["commandName"]
    yield '.TH %s %s "%s" "%s %s"' % (name.upper(), section, date, name, version)
    yield ".SH NAME"
    yield "%s \\- %s" % (name, escaped(root.get("abstract", "")).rstrip("."))
    yield ".SH SYNOPSIS"
    listed = list(commands(root, [name]))
    for place, (path, command) in enumerate(listed):
        if place:
            yield ".br"
        words = ["\\fB%s\\fR" % escaped(" ".join(path))]
        yield " ".join(words + [usage(each) for each in arguments(command)])
    if root.get("discussion"):
        yield ".SH DESCRIPTION"
        yield escaped(root["discussion"])
    yield ".SH COMMANDS"
    for path, command in listed:
        yield ".SS %s" % escaped(" ".join(path[1:]) or name)
        yield escaped(command.get("abstract", ""))
        for paragraph in command.get("discussion", "").split("\n\n"):
            if paragraph.strip():
                yield ".PP"
                yield escaped(paragraph)
        for argument in arguments(command):
            yield ".TP"
            yield label(argument)
            parts = [argument.get("abstract", ""), argument.get("discussion", "")]
            if argument.get("defaultValue"):
                parts.append("Default: %s." % argument["defaultValue"])
            yield escaped(" ".join(part for part in parts if part) or "See above.")
    yield ".PP"
    yield "Each command explains itself with \\fB\\-\\-help\\fR."
    if end:
        with open(end, encoding="utf-8") as file:
            yield file.read().rstrip("\n")


def main():
    section, version, date = sys.argv[1:4]
    end = sys.argv[4] if len(sys.argv) > 4 else None
    root = json.load(sys.stdin)["command"]
    sys.stdout.reconfigure(encoding="utf-8")
    for line in page(root, section, version, date, end):
        print(line)


main()
