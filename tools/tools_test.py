"""Shows that the checks of the source tree can fail: each rule is broken once in a small tree."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import mutants

TOOLS = pathlib.Path(__file__).resolve().parent
TABLE = """| layer | module | what | never includes |
|---|---|---|---|
| 0 | `base` | ground | |
| 1 | `stats` | pure | |
| 2 | `load` | load | `stats` |
| 2 | `stack` | chain | `load` |
| 3 | `record` | records | |
| 4 | `report` | table | `load` |
"""
GOOD_HEADER = "/// \\file\n/// A thing.\n#pragma once\n"


class TreeTest(unittest.TestCase):
    """A tree of its own for each test; nothing of the project is in it but the format."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-tools-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.write("docs/architecture.md", TABLE)
        self.write(".clang-format", (TOOLS.parent / ".clang-format").read_text())
        self.write("src/stats/good.h", GOOD_HEADER)

    def write(self, name: str, text: str):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def check(self, tool: str, *more: str) -> tuple[int, str]:
        command = [sys.executable, str(TOOLS / tool), "--root", str(self.root), *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def assert_offence(self, tool: str, *parts: str):
        status, output = self.check(tool)
        self.assertEqual(status, 1, output)
        for part in parts:
            self.assertIn(part, output)
        self.assertIn(f"{tool.removesuffix('.py')}: 1 offences", output)


class LayersTest(TreeTest):
    def test_accepts_what_stands_above_and_the_own_module(self):
        includes = '#include "stats/good.h"\n#include "base/b.h"\n#include <x>\n'
        self.write("src/stats/x.cpp", includes)
        self.assertEqual(self.check("layers.py")[0], 0)

    def test_refuses_what_stands_below(self):
        self.write("src/stats/x.cpp", '\n#include "load/load.h"\n')
        self.assert_offence("layers.py", "x.cpp:2: `stats` may not include `load`")

    def test_refuses_what_the_row_forbids(self):
        self.write("src/stack/x_test.cpp", '#include "load/load.h"\n')
        self.assert_offence("layers.py", "`stack` may not include `load`")

    def test_refuses_what_an_included_header_includes(self):
        self.write("src/load/load.h", GOOD_HEADER)
        self.write("src/load/run.h", '#include "load/load.h"\n')
        self.write("src/record/record.h", '\n#include "load/load.h"\n')
        self.write("src/record/store.h", '#include "record/record.h"\n')
        self.write("src/report/table.h", '\n#include "record/store.h"\n')
        self.write("src/report/table.cpp", '#include "report/table.h"\n#include "base/b.h"\n')
        self.assert_offence("layers.py", "table.h:2: `report` may not reach `load`: "
                            "record/store.h > record/record.h > load/load.h\n")
        # Through the same include once more: one thing to mend.
        self.write("src/report/row.cpp", '#include "record/store.h"\n')
        self.assert_offence("layers.py", "row.cpp:1: ", "load/load.h (and 1 more)\n")
        # Through another one: another.
        self.write("src/record/other.h", '#include "load/load.h"\n')
        self.write("src/report/row.cpp", '#include "record/other.h"\n')
        status, output = self.check("layers.py")
        self.assertEqual((status, "layers: 2 offences" in output), (1, True), output)

    def test_a_circle_of_includes_ends(self):
        self.write("src/stats/x.h", '#include "stats/y.h"\n')
        self.write("src/stats/y.h", '#include "stats/x.h"\n')
        self.write("src/load/x.cpp", '#include "base/b.h"\n#include "stats/x.h"\n')
        self.assert_offence("layers.py", "x.cpp:2: `load` may not include `stats`")

    def test_refuses_a_library_that_stands_below(self):
        self.write("src/stats/CMakeLists.txt", "unrig_module(stats  # DEPENDS unrig_stack\n"
                   "  SOURCES x.cpp\n  DEPENDS unrig_base\n          unrig_load)\n")
        self.assert_offence("layers.py", "CMakeLists.txt:4: `stats` may not link `load`")

    def test_refuses_a_library_that_the_row_forbids(self):
        self.write("src/report/CMakeLists.txt", "unrig_module(report SOURCES x.cpp)\n"
                   "if(UNRIG_TESTS)\n  target_link_libraries(report_test PRIVATE unrig_load)\n"
                   "endif()\n")
        self.assert_offence("layers.py", "CMakeLists.txt:3: `report` may not link `load`")

    def test_refuses_what_a_linked_library_links(self):
        # Whether or not a library of another name lies between.
        self.write("src/record/CMakeLists.txt",
                   "unrig_module(record SOURCES x.cpp DEPENDS helper)\nadd_library(helper y.cpp)\n"
                   "target_link_libraries(helper PRIVATE fmt::fmt unrig_load)\n")
        self.write("src/report/CMakeLists.txt",
                   "unrig_module(report SOURCES x.cpp DEPENDS unrig_base unrig_record)\n")
        self.assert_offence("layers.py", "report/CMakeLists.txt:1: `report` may not reach `load`: "
                            "unrig_report > unrig_record > helper > unrig_load")

    def test_refuses_an_include_without_its_module(self):
        self.write("src/stats/x.cpp", '#include "good.h"\n')
        self.assert_offence("layers.py", '"good.h" does not start')

    def test_refuses_a_folder_without_a_row(self):
        self.write("src/helpers/x.cpp", "\n")
        self.assert_offence("layers.py", "`helpers` is no module")

    def test_does_not_pass_without_a_table(self):
        self.write("docs/architecture.md", "# nothing\n")
        self.assertEqual(self.check("layers.py")[0], 2)


class TidyTest(TreeTest):
    def test_accepts_a_clean_tree(self):
        lines = "".join(f"  step({i});\n" for i in range(68))
        self.write("src/stats/x.cpp", f"int step(int n);\n\nvoid long_enough() {{\n{lines}}}\n")
        self.write("src/base/clock.cpp", "auto t = std::chrono::steady_clock::now();\n")
        self.write("src/stats/y.cpp", '// steady_clock::now()\nauto t = "random_device";\n')
        status, output = self.check("tidy.py")
        self.assertEqual(status, 0, output)

    def test_refuses_a_long_function(self):
        lines = "".join(f"  step({i});\n" for i in range(69))
        self.write("src/stats/x.cpp", f"int step(int n);\n\nvoid too_long() {{\n{lines}}}\n")
        self.assert_offence("tidy.py", "x.cpp:3: a function of 71 lines")

    def test_refuses_a_long_member_function(self):
        lines = "".join(f"    step({i});\n" for i in range(69))
        text = f"struct S {{\n  S() : a_{{1}} {{\n{lines}  }}\n  int a_;\n}};\n"
        self.write("src/stats/x.cpp", text)
        self.assert_offence("tidy.py", "x.cpp:2: a function of 71 lines")

    def test_refuses_a_long_python_function(self):
        self.write("apps/x.py", "def f():\n" + "    pass\n" * 70)
        self.assert_offence("tidy.py", "x.py:1: a function of 71 lines")

    def test_refuses_a_long_file_and_mentions_a_longish_one(self):
        self.write("src/stats/longish.cpp", "//\n" * 401)
        self.write("src/stats/long.cpp", "//\n" * 601)
        self.assert_offence("tidy.py", "long.cpp:1: 601 lines", "note: src/stats/longish.cpp")

    def test_refuses_a_clock_outside_base(self):
        for number, call in enumerate(
            ["steady_clock::now()", "system_clock::now()", "std::random_device{}()",
             "clock_gettime(CLOCK_MONOTONIC, &ts)"]):
            with self.subTest(call):
                self.write("src/stats/x.cpp", f"// {number}\nauto t = {call};\n")
                self.assert_offence("tidy.py", "x.cpp:2: ", "outside src/base")

    def test_refuses_what_is_known_of_this_machine_outside_host(self):
        for text in ('auto a = "127.0.0.1";', 'auto a = fmt::format("127.0.0.1:{}", port);',
                     'auto f = read_file("/proc/stat");', 'fs::directory_iterator it("/proc");',
                     "in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);"):
            with self.subTest(text):
                self.write("src/stats/x.cpp", f"// below /proc\n{text}\n")
                self.assert_offence("tidy.py", "x.cpp:2: `")
                self.write("src/stats/x.cpp", "")
                self.write("src/host/x.cpp", f"{text}\n")
                self.write("src/stats/x_test.cpp", f"{text}\n")
                status, output = self.check("tidy.py")
                self.assertEqual(status, 0, output)
        for text in ('auto f = read_file("/proc/self/exe");', "// 127.0.0.1 and /proc/stat",
                     'auto why = "/proc/stat cannot be read";', "auto p = process;",
                     'auto help = "let it listen at 127.0.0.1, too";'):
            with self.subTest(text):
                self.write("src/stats/x.cpp", f"{text}\n")
                status, output = self.check("tidy.py")
                self.assertEqual(status, 0, output)

    def test_refuses_a_header_without_its_first_lines(self):
        self.write("src/stats/x.h", "#pragma once\n")
        self.assert_offence("tidy.py", "x.h:1: ", "\\file")
        self.write("src/stats/x.h", "/// \\file\n/// A thing.\n")
        self.assert_offence("tidy.py", "x.h:1: ", "#pragma once")

    def test_refuses_what_clang_format_would_change(self):
        self.write("src/stats/x.cpp", "int  f( );\n")
        self.assert_offence("tidy.py", "src/stats/x.cpp:1: not formatted")

    def test_refuses_lines(self):
        cases = {
            "a.py": ("#" * 101, "101 columns"),
            "b.md": ("text ", "white space at the end"),
            "c.py": ("# TO" + "DO later", "finish it"),
            "d.toml": ('path = "/ho' + 'me/somebody/x"', "path of one machine"),
            "e.md": (f"see {self.root}/x", "path of one machine"),
            "vintages/2026/b.txt": ("x @ ht" + "tps://example.org/x.whl", "no addresses"),
            "vintages/2026/a.txt": ("--index-url ht" + "tps://example.org", "no addresses"),
            "package-lock.json": ('"resol' + 'ved": "x"', "no addresses"),
        }
        for name, (line, what) in cases.items():
            with self.subTest(name):
                self.write(name, f"\n{line}\n")
                self.assert_offence("tidy.py", f"{name}:2: ", what)
                (self.root / name).unlink()


class ErrorsTest(TreeTest):
    SOURCE = '''
Result<> f() {
  if (a) return fail(ErrorKind::usage, fmt::format("{}: it is {{odd}} by {:.2f}", name, by),
                     near.empty() ? "unrig list" : fmt::format("did you mean '{}'?", near));
  if (b) return fail_errno("cannot read " + file, errno);
  if (c) return fail(ErrorKind::measurement, "two "
                     "words | " + what(a, b));
  reader.reject(source, fmt::format("'{}' must go", key), x ? y ? "p q" : "r s" : "t u");
  if (d) return std::unexpected(Error{ErrorKind::environment, other.what, "wait"});
}
'''

    def rows(self) -> list[str]:
        self.assertEqual(self.check("errors.py", "--write")[0], 0)
        page = (self.root / "docs/errors.md").read_text()
        return [line for line in page.splitlines() if line.startswith("| stats ")]

    def test_every_way_to_make_an_error_is_found(self):
        self.write("src/stats/x.cpp", self.SOURCE)
        self.write("src/stats/x_test.cpp", 'auto e = fail(ErrorKind::usage, "of a test", "");')
        self.assertEqual(self.rows(), [
            "| stats | FILE:LINE:COLUMN: '…' must go | p q / r s / t u |",
            "| stats | …: it is {odd} by … | unrig list / did you mean '…'? |",
            "| stats | cannot read …: … |  |",
            "| stats | two words \\| … |  |"])

    def test_a_stale_page_is_an_offence(self):
        self.write("src/stats/x.cpp", self.SOURCE)
        self.assertNotEqual(self.rows(), [])
        self.assertEqual(self.check("errors.py"), (0, ""))
        self.write("src/stats/x.cpp", self.SOURCE.replace("must go", "must stay"))
        status, output = self.check("errors.py")
        self.assertEqual(status, 1)
        self.assertIn("tools/errors.py --write", output)


class TidilyTest(unittest.TestCase):
    """A test program leaves nothing, and what one that crashed has left goes all the same."""

    def run_program(self, source: str) -> tuple[int, str, str]:
        done = subprocess.run([sys.executable, str(TOOLS / "tidily.py"), sys.executable, "-c",
                               f"import os; print(os.environ['TMPDIR']); {source}"],
                              capture_output=True, text=True, check=False)
        folder = pathlib.Path(done.stdout.split("\n")[0])
        self.assertFalse(folder.exists())
        return done.returncode, done.stderr, str(folder)

    def test_what_is_left_is_an_error_and_goes(self):
        self.assertEqual(self.run_program("")[:2], (0, ""))
        self.assertEqual(self.run_program("raise SystemExit(3)")[:2], (3, ""))
        make = "open(os.environ['TMPDIR'] + '/some-file', 'w')"
        code, said, _ = self.run_program(make)
        self.assertEqual(code, 1)
        self.assertIn("some-file", said)
        code, said, _ = self.run_program(f"{make}; import sys; sys.stdout.flush(); os.abort()")
        self.assertEqual(code, 134)


class MutantsTest(unittest.TestCase):
    """What is found to be broken in a text, and what is left alone."""

    def changes(self, text: str, name: str = "x.cpp") -> list[str]:
        return [mutant.change for mutant in mutants.find(name, text)]

    def test_operators_numbers_and_words(self):
        self.assertEqual(self.changes("bool f(int a) { return a < 3 && !g(a) == true; }"), [
            "`<` becomes `<=`", "`3` becomes `4`", "`&&` becomes `||`", "`!` goes",
            "`==` becomes `!=`", "`true` becomes `false`"])
        self.assertEqual(self.changes("double f(double a) { return std::min(a * 1e-3, 0x1F); }"), [
            "`min` becomes `max`", "`*` becomes `/`", "`1e-3` becomes `1.001`",
            "`0x1F` becomes `32`"])

    def test_conditions_that_nothing_else_breaks_are_negated(self):
        self.assertEqual(self.changes("int f() { if (a.empty()) return b(); return c ? d : e; }"), [
            "`a.empty()` is negated", "`return b();` goes", "`c` is negated"])
        self.assertEqual(self.changes("void f() { if (auto x = g(); x.ok()) h(x); }"), [
            "`x.ok()` is negated", "`h(x);` goes"])

    def test_statements_that_can_go(self):
        body = "int n = 1; n += 2; a.b(c)->d = e; ++n; for (; g();) { if (n) continue; } return n;"
        self.assertEqual([c for c in self.changes(f"int f() {{ {body} }}") if "goes" in c], [
            "`n += 2;` goes", "`a.b(c)->d = e;` goes", "`++n;` goes", "`continue;` goes"])

    def test_leaves_alone_what_no_test_should_notice(self):
        for text in ("// a < b\n", '#include "a < b"\n', 'auto f() { return g("1 < 2", \'3\'); }',
                     "template <int N = 3>\nstruct S { int a = 1; bool b{true}; };",
                     "void f() { assert(a < 3); static_assert(sizeof(a) == 4); }",
                     "enum class E { a = 1, b = 2 };", "int f(int a = 3);", "using A = B<1 + 2>;",
                     "void f() { std::array<int, 3> a; const auto& [b, c] = g<2>(a); }"):
            with self.subTest(text):
                self.assertEqual(self.changes(text), [])
        self.assertEqual(self.changes("constexpr int a = 1;"), ["`1` becomes `2`"])
        self.assertEqual(self.changes("inline constexpr int a = 1;", "x.h"), [])
        self.assertEqual(self.changes("inline int a() { return 1; }", "x.h"), ["`1` becomes `2`"])


class MutateTest(unittest.TestCase):
    """A project of one function: a mutant that its test catches, and one that survives."""

    PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(toy LANGUAGES CXX)
add_executable(stats_test src/stats/sign.cpp src/stats/sign_test.cpp)
target_compile_features(stats_test PRIVATE cxx_std_20)
set_target_properties(stats_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/src/stats)
"""
    PRESETS = {"version": 6, "configurePresets": [
        {"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/release",
         "cacheVariables": {"CMAKE_BUILD_TYPE": "Release"}}]}
    # 42 cannot take its switch, and is built alone; a text minus a text is no mutant.
    SIGN = """#include <string>
int sign(int n) {
  if (n < 0) return -1;
  switch (n) {
    case 42:
      return 7;
  }
  return n > 0 ? 1 : 0;
}
std::string twice(const std::string& a) { return a + a; }
"""
    TEST = """#include <string>
int sign(int);
std::string twice(const std::string&);
int main() {
  bool right = sign(3) == 1 && sign(-3) == -1 && twice("a") == "aa" && sign(42) == 7;
%s
  return right ? 0 : 1;
}
"""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="unrig-tools-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        (self.root / "src/stats").mkdir(parents=True)
        (self.root / "CMakeLists.txt").write_text(self.PROJECT)
        (self.root / "CMakePresets.json").write_text(json.dumps(self.PRESETS))
        (self.root / "src/stats/sign.cpp").write_text(self.SIGN)

    def mutate(self, checks: str, *options: str):
        (self.root / "src/stats/sign_test.cpp").write_text(self.TEST % checks)
        return subprocess.run([sys.executable, str(TOOLS / "mutate.py"), "--root", str(self.root),
                               "--all", *options], capture_output=True, text=True, check=False)

    def test_reports_what_survives_and_what_is_caught(self):
        done = self.mutate("", "--json")
        self.assertEqual(done.returncode, 1, done.stderr)
        module = json.loads(done.stdout)["modules"][0]
        survived = [(m["line"], m["column"], m["change"]) for m in module["survivors"]]
        # Nobody asks for the sign of 0, of -1 or of 1.
        self.assertEqual(survived, [
            (3, 9, "`<` becomes `<=`"), (3, 11, "`0` becomes `1`"), (8, 12, "`>` becomes `>=`"),
            (8, 14, "`0` becomes `1`"), (8, 22, "`0` becomes `1`")])
        self.assertEqual(module["impossible"], 1)
        self.assertEqual(module["caught"] + len(survived), module["viable"])
        self.assertEqual((self.root / "src/stats/sign.cpp").read_text(), self.SIGN)

        done = self.mutate("  right = right && sign(0) == 0 && sign(1) == 1 && sign(-1) == -1;")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("100.0 %   every mutant tried", done.stdout)

    def test_what_was_not_tried_is_not_caught(self):
        done = self.mutate("", "--budget", "0s")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("not checked: none was tried", done.stdout)
        self.assertNotIn("100", done.stdout)

    def test_says_when_the_tests_fail_by_themselves(self):
        done = self.mutate("  right = false;")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("stats_test fails without any mutant", done.stderr)


if __name__ == "__main__":
    unittest.main()
