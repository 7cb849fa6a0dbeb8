#!/usr/bin/env python3
"""Draws docs/demo.svg from what `./rescan demo` really prints. Run it from anywhere: docs/demo-picture.py"""
import html, pathlib, re, subprocess, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS, LINE, WIDTH = 92, 18, 7.85
COLORS = {"2": "#3fb950", "11": "#d29922", "3": "#d29922", "1": "#f85149", "9": "#f85149"}


def spans(line):
    """The pieces of a line with their styles, from its escape sequences."""
    style = ""
    for piece in re.split(r"(\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]))", line):
        if piece.startswith("\x1b"):
            if piece.endswith("m"):
                codes = piece[2:-1].split(";")
                color = COLORS.get(codes[codes.index("5") + 1]) if "38" in codes and "5" in codes else None
                style = (f' fill="{color}"' if color else "") + (' font-weight="bold"' if "1" in codes[:1] else "")
        elif piece:
            yield piece, style


with tempfile.TemporaryDirectory() as folder:
    progress = pathlib.Path(folder, "progress")
    subprocess.run([ROOT / "rescan", "--version"], check=True, capture_output=True)

    # The summary is drawn for the terminal on stdout; progress goes to a file, so it comes as plain lines.
    subprocess.run(["script", "-qec", f"stty cols {COLUMNS}; {ROOT}/rescan demo 2>{progress}", "/dev/null"],
                   check=True, stdout=open(pathlib.Path(folder, "summary"), "w"))
    lines = [*progress.read_text().splitlines(), "", *pathlib.Path(folder, "summary").read_text().splitlines()]

lines = ["$ ./rescan demo", *[re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", line) for line in lines]]
height = (len(lines) + 2) * LINE
text = "\n".join(
    f'<text x="16" y="{(row + 1.6) * LINE:.0f}" xml:space="preserve">'
    + "".join(f"<tspan{style}>{html.escape(piece)}</tspan>" for piece, style in spans(line)) + "</text>"
    for row, line in enumerate(lines))
(ROOT / "docs" / "demo.svg").write_text(
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS * WIDTH + 32:.0f}" height="{height}" role="img" '
    f'aria-label="What ./rescan demo prints: the session log as it appears, the polls, and a summary">\n'
    f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>\n'
    f'<g font-family="ui-monospace,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="13" fill="#c9d1d9">\n{text}\n</g></svg>\n')
