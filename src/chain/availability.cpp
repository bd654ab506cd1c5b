#include "chain/availability.h"

#include "chain/nginx.h"
#include "chain/pgbouncer.h"
#include "chain/postgres.h"

namespace unrig::chain {

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

}  // namespace unrig::chain
