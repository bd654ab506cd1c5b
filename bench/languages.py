#!/usr/bin/env python3
"""Tables of languages, and of one server in three concurrency models, from the records of runs.

usage: bench/languages.py --commands           what to measure, command by command
       bench/languages.py DOCUMENT NAME=RUN.json…

What the records say replaces the text between `<!-- NAME: begin -->` and its end: "languages" is a
table of stacks with their languages, and "models" one of all records whose names begin so. Only
the standard library is needed.
"""

import pathlib
import sys
import tomllib

import article_tables as tables

ROOT = pathlib.Path(__file__).resolve().parent.parent
LANGUAGES = ("flask-gunicorn", "flask-gunicorn-psycopg3", "starlette-uvicorn",
             "starlette-uvicorn-asyncpg", "go-nethttp", "go-fiber", "node-http", "node-http-pg",
             "node-fastify", "rust-axum", "rust-actix", "cpp-beast-threads",
             "cpp-beast-coroutines", "cpp-beast-fiber", "java-virtual-threads", "java-vertx")
MODELS = ("cpp-beast-threads", "cpp-beast-coroutines", "cpp-beast-fiber")
SCENARIOS = {"fair": " --vary db.delay=20ms,5ms", "article": "", "better-async": "",
             "better-sync": ""}


def commands():
    lines = [f"unrig run {' '.join(LANGUAGES)} --scenario fair --set workers.tuned_by=stack "
             "--warmup 1s --duration 3s --blocks 5 --fresh-blocks 0 --accept-noise "
             "--json languages.json"]
    lines += [f"unrig run {' '.join(MODELS)} --scenario {name}{vary} --set workers.sync=100 "
              "--set workers.async=2 --blocks 8 --fresh-blocks 0 --warmup 1s --duration 3s "
              f"--accept-noise --json models-{name}.json" for name, vary in SCENARIOS.items()]
    lines.append("bench/languages.py docs/results.md languages=languages.json "
                 + " ".join(f"models-{name}=models-{name}.json" for name in SCENARIOS))
    return "\n".join(lines)


def language_of(cell):
    text = (ROOT / "stacks" / cell["stack"] / "stack.toml").read_text(encoding="utf-8")
    return tomllib.loads(text).get("language", "python").replace("native", "C++").capitalize()


def language_table(run):
    """As the table of a run, with the language."""
    columns = {"Rank": tables.OURS["Rank"], "Language": language_of} | tables.OURS
    rows = [[text(cell) for text in columns.values()] for cell in run["cells"]]
    return tables.table(columns, rows) + "\n\n" + tables.provenance(run)


def model_table(runs):
    columns = ("Type", "Wrk", "Tput", "Req/s", "P50 ms", "P99 ms", "#DB", "CPU us/req", "Limiter")
    rows = []
    for name, run in runs.items():
        for cell in sorted(run["cells"], key=lambda cell: cell["label"].partition(" ")[2]):
            where = f"{name.partition('-')[2]} {cell['label'].partition(' ')[2]}".strip()
            rows.append([where] + [tables.OURS[column](cell) for column in columns])
    grounds = [tables.provenance(run) for run in runs.values()]
    return "\n\n".join([tables.table(("Scenario", *columns), rows), *grounds])


def main(document, *arguments):
    records = tables.records_of(arguments)
    path = pathlib.Path(document)
    text = path.read_text(encoding="utf-8")
    if "languages" in records:
        text = tables.replace(text, "languages", language_table(records["languages"]))
    if models := {name: run for name, run in records.items() if name.startswith("models-")}:
        text = tables.replace(text, "models", model_table(models))
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--commands"]:
        print(commands())
    elif len(sys.argv) < 3:
        sys.exit(__doc__)
    else:
        main(*sys.argv[1:])
