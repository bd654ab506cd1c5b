#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "audit/claims.h"
#include "audit/natives.h"
#include "base/plural.h"
#include "base/text.h"
#include "process/fence.h"
#include "record/json.h"

namespace unrig::audit {
namespace {

using record::Claim;
using record::Json;
using scenario::Concurrency;
using Texts = std::vector<std::string>;

Claim not_checked(Claim claim, std::string why) {
  claim.observed = std::move(why);
  claim.ok.reset();
  return claim;
}

Claim broken(Claim claim, std::string observed) {
  claim.observed = std::move(observed);
  claim.ok = false;
  return claim;
}

/// "a, b, c and 4 more"
std::string listed(const Texts& names) {
  constexpr std::size_t shown = 3;
  const auto first = std::span(names).first(std::min(names.size(), shown));
  std::string text = join(first, ", ");
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

/// Of what is said of some of them: "2 of 4 workers TEXT", each text once; "" where nothing is.
std::string of_workers(const Workers& workers,
                       const std::function<std::string(const Worker&)>& said) {
  std::map<std::string, std::size_t> counts;
  for (const Worker& worker : workers.all) {
    if (const auto text = said(worker); !text.empty()) ++counts[text];
  }
  Texts texts;
  for (const auto& [text, count] : counts) {
    texts.push_back(count == workers.all.size()
                        ? text
                        : fmt::format("of {} of {} workers: {}", count, workers.all.size(), text));
  }
  return join(texts, "; ");
}

/// Why the code of the workers is not known; "" where it is.
std::string code_not_seen(const Workers& workers) {
  if (workers.all.empty()) {
    return workers.missing.empty() ? "no process of the server takes a connection"
                                   : workers.missing;
  }
  return of_workers(workers, [](const Worker& worker) { return worker.image_not_seen; });
}

/// Those of the wanted modules that a worker lacks.
std::string lacking(const Workers& workers, const Texts& wanted, std::string_view folder) {
  return of_workers(workers, [&](const Worker& worker) {
    const auto files = worker.image.files();
    Texts missing;
    for (const auto& module : wanted) {
      if (file_of(files, module, folder).empty()) missing.push_back(module);
    }
    return missing.empty() ? "" : "not loaded: " + join(missing, ", ");
  });
}

std::string shown(const std::set<std::string>& files) {
  Texts names;
  for (const auto& file : files) names.emplace_back(short_name(file));
  return join(names, ", ");
}

/// What a worker runs that is not what is installed; "" where there is nothing.
std::string not_installed(const Worker& worker, const runtime::Installed& installed) {
  const std::string folder = installed.folder.string();
  const std::string& program = worker.image.program;
  if (program != installed.program.string() && !program.starts_with(folder + "/")) {
    return fmt::format("runs {}, not {}", program,
                       installed.program.empty() ? "what was built" : installed.program.string());
  }
  const auto files = worker.image.files();
  const auto other = std::ranges::find_if(
      files, [&](const std::string& file) { return is_of_another_environment(file, folder); });
  return other == files.end() ? "" : fmt::format("has loaded {}", *other);
}

/// Where code lies that belongs to the machine, and code behind which no file stands.
constexpr auto code_of_the_machine =
    std::to_array<std::string_view>({"/lib", "/usr/lib", "/usr/local/lib", "/nix/store/",
                                     "/gnu/store/", "/memfd:", "/dev/", "/SYSV"});

/// Compiled code that a worker has loaded, by name, and that came neither with what is installed
/// nor with the machine: it has no version; "" where there is none.
std::string code_of_its_own(const Worker& worker, const runtime::Installed& installed) {
  const std::string folder = installed.folder.string() + "/";
  // Of the interpreter, whose own modules lie in its lib/python3.11 or lib64.
  const std::string libraries = (installed.program.parent_path().parent_path() / "lib").string();
  Texts names;
  for (const auto& file : worker.image.files()) {
    const bool is_known = file == worker.image.program || file == installed.program.string() ||
                          file.starts_with(folder) || file.starts_with(libraries) ||
                          std::ranges::any_of(code_of_the_machine, [&](std::string_view begin) {
                            return file.starts_with(begin);
                          });
    if (!is_known) names.emplace_back(short_name(file));
  }
  return names.empty() ? "" : "native code of its own: " + listed(names);
}

/// Of a stack whose packages nobody can see: whether it runs what was built.
Claim built_claim(const runtime::Installed& installed, const Workers& workers) {
  Claim claim{.claim = "versions", .expected = std::string(none_claimed)};
  if (installed.folder.empty() || !code_not_seen(workers).empty())
    return not_checked(claim, installed.not_seen);
  const auto others =
      of_workers(workers, [&](const Worker& worker) { return not_installed(worker, installed); });
  if (others.empty()) return not_checked(claim, installed.not_seen);
  claim.expected = "what was built";
  return broken(claim, others);
}

}  // namespace

Claim versions_claim(const Result<runtime::Installed>& installed, const Result<Texts>& differences,
                     const Workers& workers) {
  const Claim claim{.claim = "versions", .expected = "as in the lock"};
  if (!installed) return not_checked(claim, installed.error().what);
  if (!installed->not_seen.empty()) return built_claim(*installed, workers);
  if (!differences) return not_checked(claim, differences.error().what);
  if (!differences->empty()) return broken(claim, listed(*differences));
  if (const auto why = code_not_seen(workers); !why.empty()) return not_checked(claim, why);
  const auto others =
      of_workers(workers, [&](const Worker& worker) { return not_installed(worker, *installed); });
  if (!others.empty()) return broken(claim, others);
  const auto own = of_workers(
      workers, [&](const Worker& worker) { return code_of_its_own(worker, *installed); });
  if (!own.empty()) return not_checked(claim, own);
  Claim held = claim;
  held.ok = true;
  held.observed = fmt::format("{} packages installed, and no others loaded by {}",
                              installed->packages.size(), counted(workers.all.size(), "worker"));
  return held;
}

Claim workers_claim(int wanted, Concurrency concurrency, scenario::Worker worker,
                    const Workers& workers, const Concurrent& seen) {
  const bool is_process = worker == scenario::Worker::process;
  Claim claim{.claim = "workers", .expected = std::to_string(wanted)};
  if (!is_process && wanted > 1) {
    claim.expected = worker == scenario::Worker::thread
                         ? fmt::format("{} threads of 1 process", wanted)
                         : fmt::format("1 process for all {}", wanted);
  }
  if (workers.all.empty() && workers.strangers.empty()) return not_checked(claim, workers.missing);
  const int processes = static_cast<int>(workers.all.size());
  claim.observed = processes == 1 ? "1 process takes connections"
                                  : fmt::format("{} processes take connections", processes);
  if (!workers.strangers.empty()) {
    return broken(claim, fmt::format("{}, and {}, which the server did not start", claim.observed,
                                     join(workers.strangers, ", ")));
  }
  claim.ok = processes == scenario::processes_of(worker, wanted);
  if (concurrency != Concurrency::threads || worker == scenario::Worker::server || processes != 1 ||
      wanted == 1)
    return claim;
  // Threads of one process share its connections: they are told apart by what they wait for.
  if (!seen.not_made.empty()) {
    claim.expected = none_claimed;
    return not_checked(claim, fmt::format("1 process takes connections; its threads are told apart "
                                          "by their statements, and {}",
                                          seen.not_made));
  }
  if (seen.failed > 0 || seen.each.empty()) {
    return not_checked(claim,
                       "1 process takes connections, and how many statements its threads "
                       "have under way is not known");
  }
  claim.observed =
      fmt::format("1 process takes connections, with {} statements at once", seen.each.front());
  const int at_once = seen.each.front();
  // A pool lets no more of them speak, however many there are.
  const int shown = seen.pool > 0 ? std::min(wanted, seen.pool) : wanted;
  if (shown < wanted) claim.observed += fmt::format(", of at most {} that its pool lets", shown);
  // Fewer may be the machine's doing, more cannot.
  if (at_once < shown && !seen.strain.empty())
    return not_checked(claim, fmt::format("{}, while {}", claim.observed, seen.strain));
  claim.ok = at_once >= shown && at_once <= wanted;
  return claim;
}

Claim event_loop_claim(const stack::StackSpec& spec, const Workers& workers,
                       std::string_view folder) {
  Claim claim{.claim = "event loop",
              .expected = spec.event_loop.empty() ? std::string(none_claimed) : spec.event_loop};
  if (const auto why = code_not_seen(workers); !why.empty()) return not_checked(claim, why);
  const auto waits = of_workers(workers, [](const Worker& worker) {
    std::set<std::string> files = worker.waits_for_clients_in;
    files.insert(worker.waits_for_others_in.begin(), worker.waits_for_others_in.end());
    return files.empty() ? "" : "waits in " + shown(files);
  });
  if (spec.event_loop.empty())
    return not_checked(claim, waits.empty() ? "no worker was seen to wait" : waits);
  const auto loop_of = [&](const Worker& worker) {
    return file_of_package(worker.image.files(), spec.event_loop, folder);
  };
  const auto runs = [&](const Worker& worker) {
    const auto file = loop_of(worker);
    return worker.waits_for_clients_in.contains(file) || worker.waits_for_others_in.contains(file);
  };
  const auto not_loaded = of_workers(workers, [&](const Worker& worker) {
    return loop_of(worker).empty()
               ? fmt::format("nothing of {} is loaded", package_of(spec.event_loop))
               : "";
  });
  if (!not_loaded.empty()) {
    return broken(claim, waits.empty() ? not_loaded : fmt::format("{}; {}", not_loaded, waits));
  }
  // Who takes the clients' connections may be another one, as in a server that is not in Python: it
  // is the application's own waiting that has to happen in the loop.
  const auto elsewhere = of_workers(workers, [&](const Worker& worker) {
    const bool other = !runs(worker) && !worker.waits_for_others_in.empty();
    return other ? "waits in " + shown(worker.waits_for_others_in) : "";
  });
  if (!elsewhere.empty()) return broken(claim, elsewhere);
  const auto unseen = of_workers(workers, [&](const Worker& worker) -> std::string {
    if (runs(worker)) return "";
    if (!worker.waits_not_seen.empty()) return worker.waits_not_seen;
    return fmt::format("{} is loaded, and was not seen to wait", package_of(spec.event_loop));
  });
  if (!unseen.empty()) return not_checked(claim, unseen);
  claim.ok = true;
  claim.observed = waits;
  return claim;
}

Claim c_extensions_claim(const stack::StackSpec& spec, const Workers& workers,
                         std::string_view folder) {
  Claim claim{.claim = "C extensions",
              .expected = spec.c_extensions.empty() ? std::string(none_claimed)
                                                    : join(spec.c_extensions, ", ")};
  if (const auto why = code_not_seen(workers); !why.empty()) return not_checked(claim, why);
  if (spec.c_extensions.empty()) {
    const auto files = workers.all.front().image.files();
    const auto own = std::ranges::count_if(files, [&](const std::string& file) {
      return !folder.empty() && file.starts_with(folder);
    });
    return not_checked(claim, fmt::format("{} loaded", own));
  }
  const auto missing = lacking(workers, spec.c_extensions, folder);
  claim.ok = missing.empty();
  claim.observed = missing.empty() ? "loaded" : missing;
  return claim;
}

Claim driver_claim(const stack::StackSpec& spec, const Workers& workers, const Speakers& speakers,
                   std::string_view folder) {
  const auto modules = modules_of_driver(spec.driver);
  Claim claim{.claim = "driver",
              .expected = spec.driver.empty() ? std::string(none_claimed) : spec.driver};
  if (const auto why = code_not_seen(workers); !why.empty()) return not_checked(claim, why);
  const auto others = of_workers(workers, [&](const Worker& worker) {
    return join(other_drivers(worker.image.files(), spec.driver), ", ");
  });
  if (spec.driver.empty()) {
    return not_checked(claim,
                       others.empty() ? "none of those known is loaded" : others + " loaded");
  }
  const auto own = of_workers(workers, [&](const Worker& worker) -> std::string {
    const auto files = worker.image.files();
    for (const auto& module : modules) {
      if (!file_of(files, module, folder).empty()) return module + " loaded";
    }
    return "";
  });
  const bool of_all = std::ranges::all_of(workers.all, [&](const Worker& worker) {
    return std::ranges::any_of(modules, [&](const std::string& module) {
      return !file_of(worker.image.files(), module, folder).empty();
    });
  });
  const auto strangers =
      std::ranges::count_if(speakers, [&](pid_t pid) { return workers.find(pid) == nullptr; });
  const auto by_strangers = [&] {
    return broken(claim, fmt::format("{} of {} processes that speak to the database serve nobody",
                                     strangers, speakers.size()));
  };
  if (modules.empty()) {
    if (strangers > 0) return by_strangers();
    // A module of Python would show it; in a program that is all one file nothing does.
    if (!spec.is_python()) claim.expected = none_claimed;
    return not_checked(claim, "it is not known by what this driver is seen" +
                                  (others.empty() ? "" : "; " + others + " loaded"));
  }
  if (!of_all) {
    const std::string first = join(modules, " or ") + " is not loaded by each worker";
    return broken(claim, others.empty() ? first : fmt::format("{}; {} loaded", first, others));
  }
  if (strangers > 0) return by_strangers();
  if (!others.empty()) {
    return not_checked(
        claim, fmt::format("{}, and {} as well: which one speaks is not known", own, others));
  }
  claim.ok = true;
  claim.observed = own;
  return claim;
}

std::optional<About> parse_about(std::string_view body) {
  try {
    const Json json = Json::parse(body);
    return About{.pid = json.at("pid"),
                 .versions = json.at("versions").get<std::map<std::string, std::string>>()};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Claim fence_claim(int version) {
  Claim claim{.claim = "fence", .expected = std::string(none_claimed)};
  const std::string gaps = process::fence_gaps(version);
  if (!gaps.empty()) return not_checked(claim, gaps);
  claim.ok = true;
  claim.observed = fmt::format("Landlock {}: it gets at nobody else of its account", version);
  return claim;
}

Claim about_claim(const Answers& answers, const Workers& workers, const Texts& differences) {
  Claim claim{.claim = "about", .expected = "what is seen from outside"};
  if (answers.all.empty()) {
    claim.expected = none_claimed;
    return not_checked(claim, answers.missing);
  }
  if (workers.all.empty()) return not_checked(claim, workers.missing);
  Texts wrong;
  for (const About& about : answers.all) {
    const std::string text = fmt::format("process {} does not serve", about.pid);
    const bool is_new = std::ranges::find(wrong, text) == wrong.end();
    if (workers.find(about.pid) == nullptr && is_new) wrong.push_back(text);
  }
  wrong.insert(wrong.end(), differences.begin(), differences.end());
  claim.ok = wrong.empty();
  claim.observed = wrong.empty() ? "so in " + counted(answers.all.size(), "answer") : listed(wrong);
  return claim;
}

}  // namespace unrig::audit
