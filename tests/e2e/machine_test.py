"""The machine as a knob, and workers that are looked for, with the real chain: a ranking that turns
with the CPU time alone, control groups that go, parts that are slowed
or not watched, a search that is stored."""

import json
import os
import pathlib
import signal
import tempfile
import unittest

from harness import REAL_STACK, SHORT, TINY, E2ETest, Run, descendants, unrig, wait_until
from verdicts import is_sound

SYNC, ASYNC = "falcon-uwsgi", "quart-hypercorn"
# With all of the machine the workers sleep and the other serves more; with a part of one core what
# counts is the CPU time of one request.
TURNS = ["--set", "workers.sync=4", "--set", "workers.async=2", "--set", "clients=20",
         "--blocks", "4", "--fresh-blocks", "0", "--warmup", "500ms", "--duration", "1s",
         "--patience", "0s", "--accept-noise"]


def control_group(pid: int) -> pathlib.Path | None:
    """The folder of the process's group by which its CPU time is limited, if unrig made it."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if "unrig-" not in group:
            continue
        for place in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup"):
            folder = pathlib.Path(place + group)
            if folder.is_dir() and (not controllers or "cpu" in controllers.split(",")):
                return folder
    return None


def groups_of(run: Run) -> list[str]:
    """The folders of control groups that the run made and that are there."""
    return [str(path) for place in ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup")
            for path in pathlib.Path(place).glob(f"unrig-{run.pid}")]


def skip_without_quota(test: unittest.TestCase, run: Run):
    if run.code == 3 and "no CPU quota can be set here" in run.err:
        test.assertIn("help: ", run.err)
        test.skipTest("no CPU quota can be set here")


class QuotaTest(E2ETest):
    def test_a_ranking_turns_by_the_cpu_time_alone(self):
        run = unrig("run", SYNC, ASYNC, *TURNS, "--vary", "machine.cpu=0.15,2", "--json", "-")
        skip_without_quota(self, run)
        self.assert_measured(run)
        record = run.json()
        self.assertTrue(all(map(is_sound, record["trials"])), run.story())
        ratios = {setting["knobs"]["machine.cpu"]: line["ratio"]
                  for setting in record["grid"]["settings"] for line in setting["ratios"]}
        if any(ratio["low"] is None for ratio in ratios.values()):
            self.skipTest("others had this machine: not every setting has an interval")
        self.assertLess(ratios["0.15"]["high"], 1, json.dumps(ratios))
        self.assertGreater(ratios["2"]["low"], 1, json.dumps(ratios))
        for cell in record["cells"]:
            if cell["label"].endswith("machine.cpu=0.15"):
                self.assertEqual(cell["limiter"]["name"], "cpu (quota)", cell["limiter"])
        for trial in record["trials"]:
            used_up = trial["signals"]["machine"]["quota_used_up"]
            self.assertIsNotNone(used_up)
            if trial["conditions"]["quota_cpus"] == 0.15:
                self.assertGreater(used_up, 0.5)

    def test_nothing_of_a_killed_run_keeps_its_control_group(self):
        run = Run("run", REAL_STACK, "--blocks", "100", *SHORT, "--set", "machine.cpu=0.5",
                  "--set", "quota.database=0.4")
        wait_until(lambda: run.ended() or any("nginx: worker" in line for line in
                                              descendants().values()), "the chain")
        if run.ended():
            skip_without_quota(self, run)
        parts = [pid for pid, line in descendants().items()
                 if "nginx" in line or "postgres" in line]
        groups = {group for pid in parts if (group := control_group(pid))}
        self.assertEqual({group.name for group in groups}, {"others", "database"},
                         f"{groups} of {parts}\n{run.story()}")
        [group] = {group.parent for group in groups}
        self.assertEqual(group.name, f"unrig-{run.pid}")
        run.send(signal.SIGKILL)
        run.wait()
        wait_until(lambda: not descendants(), "what was started has ended")
        self.assertFalse(group.exists(), f"{group} is still there")

    def test_an_ended_run_leaves_no_control_group_and_says_what_it_emulates(self):
        run = unrig("run", REAL_STACK, *TINY, "--set", "machine.cpu=0.75", "--set",
                    "machine.with_load=true", "--plain")
        skip_without_quota(self, run)
        self.assert_ran(run)
        self.assert_says(run, "emulated: 0.75 CPUs of", "the load generator among them")
        self.assertEqual(groups_of(run), [])

    def test_a_machine_that_is_not_there_is_refused(self):
        cores = len(os.sched_getaffinity(0))
        for knob, help_ in ((f"machine.cores={cores + 1}", f"1 to {cores}"),
                            (f"machine.cpu={cores}.5", f"0.1 to {cores}"),
                            ("machine.cpu=-1", "0.1 to 4096"), ("machine.cores=-1", "0 to 4096")):
            with self.subTest(knob):
                run = unrig("run", REAL_STACK, "--set", knob, "--plan")
                self.assert_exit(run, 2)
                self.assert_says(run, help_)


class QuotaOfAPartTest(E2ETest):
    def trials(self, knob: str, *words: str) -> dict[float, dict]:
        """Of one short run, by the part's quota."""
        run = unrig("run", REAL_STACK, *TINY, "--set", "workers.sync=4", "--set", "db.delay=0",
                    "--fresh-blocks", "0", *words, "--json", "-")
        skip_without_quota(self, run)
        self.assert_measured(run)
        self.assertEqual(groups_of(run), [])
        trials = run.json()["trials"]
        self.assertTrue(all(map(is_sound, trials)), run.story())
        return {trial["conditions"]["quotas"][knob.removeprefix("quota.")]: trial
                for trial in trials}

    def assert_limited_by(self, knob: str, trial: dict):
        limiter = trial["limiter"]
        self.assertEqual(limiter["name"], "cpu (quota)", limiter)
        self.assertEqual(limiter["suspects"][0]["knob"], knob)
        self.assertIn(f"({knob}) was used up in", limiter["evidence"][0])
        self.assertEqual(trial["events"]["mishaps"], [])

    def test_a_slow_application_is_the_limit(self):
        [trial] = self.trials("quota.app", "--set", "quota.app=0.2").values()
        self.assert_limited_by("quota.app", trial)
        signals = trial["signals"]["app"]
        self.assertGreater(signals["quota_used_up"], 0.5)
        self.assertLess(signals["cpu_seconds"] / trial["window"]["seconds"], 0.25)
        self.assertIsNone(trial["signals"]["database"]["quota_used_up"])

    # Each request takes a session of its own, which the database has to make.
    def test_a_slow_database_is_the_limit_only_where_it_is_slowed(self):
        trials = self.trials("quota.database", "--set", "pooler.enabled=false", "--vary",
                             "quota.database=0,0.2")
        self.assert_limited_by("quota.database", trials[0.2])
        self.assertNotEqual(trials[0]["limiter"]["name"], "cpu (quota)")
        self.assertIsNone(trials[0]["signals"]["database"]["quota_used_up"])


class WatchTest(E2ETest):
    def test_what_is_not_watched_is_not_checked(self):
        run = unrig("run", REAL_STACK, *TINY, "--fresh-blocks", "0", "--vary",
                    "watch.signals=true,false", "--json", "-")
        self.assert_measured(run)
        trials = {trial["conditions"]["watches_signals"]: trial for trial in run.json()["trials"]}
        watched, unwatched = trials[True], trials[False]
        self.assertIsNotNone(watched["signals"]["app"]["cpu_seconds"])
        for part in ("proxy", "app", "pooler", "database"):
            signals = unwatched["signals"][part]
            self.assertIsNone(signals["cpu_seconds"])
            self.assertEqual(signals["not_checked"]["cpu_seconds"], "watch.signals is false")
        self.assertIsNotNone(unwatched["db"]["rows_read"])
        self.assertIsNotNone(unwatched["signals"]["load"]["cpu_seconds"])
        self.assertIsNotNone(unwatched["disturbance"]["steal"])
        self.assertIsNone(unwatched["cpu_us_per_request"]["app"])
        self.assertNotIn(unwatched["limiter"]["name"], ("clients", "workers", "several"))


class TunedTest(E2ETest):
    # Few clients, so that few numbers are tried. In a file: what is set beside it keeps its number.
    def test_a_number_is_looked_for_once_and_used(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="unrig-e2e-"))
        scenario = pathlib.Path(folder) / "few.toml"
        scenario.write_text('clients = 4\n[workers]\nsync = "tuned"\n[db]\ndelay = "5ms"\n',
                            encoding="utf-8")
        words = ["run", REAL_STACK, "--scenario", str(scenario), "--blocks", "1", "--warmup",
                 "200ms", "--duration", "500ms", "--patience", "0s", "--accept-noise", "--json",
                 "-", "--plain"]
        planned = unrig(*words, "--plan", "--retune")
        self.assertEqual(planned.json()["searches"], [f"workers.sync with {REAL_STACK}@2026"])
        first = unrig(*words, "--retune")  # whatever an earlier run in this home has found
        self.assert_ran(first)
        [found] = first.json()["tuned"]
        if found["how"] == "searched":
            self.assertEqual(found["tried"][-1]["workers"], 4)
            self.assertIn(f": {found['workers']} (searched with {REAL_STACK}@2026)", first.err)
            search = unrig("show", found["run"], "--json", "-").json()
            self.assertTrue(search["search"])
            self.assertEqual({cell["role"] for cell in search["cells"]}, {"step"})
        else:
            self.assertIn("a search was spoiled", found["note"])
        self.assertEqual(first.json()["cells"][0]["workers"], found["workers"])
        self.assertEqual(first.json()["scenario"]["knobs"]["workers.sync"], str(found["workers"]))
        again = unrig(*words, "--set", "db.delay=1ms")
        self.assert_ran(again)
        if found["how"] == "searched":
            self.assertEqual(again.json()["tuned"][0]["how"], "stored")
            self.assertEqual(again.json()["tuned"][0]["run"], found["run"])
        shown = unrig("show", "last")
        self.assertIn("workers, sync: ", shown.out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
