#include "record/json.h"
#include "report/exports.h"

namespace unrig::report {

std::string jsonl_export(const record::Run& run) {
  std::string text;
  for (const auto& trial : run.trials) text += record::dump(record::to_json(trial)) + "\n";
  return text;
}

}  // namespace unrig::report
