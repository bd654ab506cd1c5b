#include "stack/availability.h"

#include "stack/environment.h"
#include "stack/nginx.h"
#include "stack/pgbouncer.h"
#include "stack/postgres.h"

namespace unrig::stack {

std::vector<Error> missing_programs(process::Guard& guard, const Clock& clock) {
  std::vector<Error> missing;
  const auto look = [&](const Result<std::filesystem::path>& program) {
    if (!program) missing.push_back(program.error());
  };
  look(find_nginx());
  look(find_pgbouncer());
  look(find_postgres(guard, clock));
  return missing;
}

std::vector<Result<Interpreter>> find_interpreters(std::span<const Selection> stacks,
                                                   const Places& places, process::Guard& guard,
                                                   const Clock& clock) {
  Environments environments(
      {places.data / "vintages", places.data / ".tools", places.home, places.python}, guard, clock);
  std::vector<Result<Interpreter>> found;
  for (const auto& stack : stacks) {
    found.push_back(environments.find({stack.vintage, stack.spec->vintage(stack.vintage)->group}));
  }
  return found;
}

}  // namespace unrig::stack
