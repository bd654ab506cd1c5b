// What limited the trials of a stored run by the rules of today: the record with `under_way` and
// `limiter` of each trial made anew from its signals, so that rules can be changed without
// measuring again.
//
//   rejudge RUN.json    a record unrig.run/1
#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include "base/file.h"
#include "record/json.h"
#include "trial/limiter.h"
#include "trial/under_way.h"

namespace {

using unrig::record::Json;

Json rejudged(const std::string& path) {
  const auto text = unrig::read_file(path);
  if (!text) throw std::runtime_error(text.error().what);
  Json run = Json::parse(*text);
  for (Json& each : run.at("trials")) {
    auto trial = unrig::record::trial_from_json(unrig::record::dump(each));
    if (!trial) throw std::runtime_error(trial.error().what);
    trial->under_way = unrig::trial::under_way(*trial);
    trial->limiter = unrig::trial::find_limiter(*trial);
    const Json now = unrig::record::to_json(*trial);
    each["under_way"] = now.at("under_way");
    each["limiter"] = now.at("limiter");
  }
  return run;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: rejudge RUN.json\n");
    return 2;
  }
  try {
    fmt::print("{}\n", unrig::record::dump(rejudged(argv[1]), 1));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[1], error.what());
    return 2;
  }
}
