/// \file
/// What `unrig doctor` has seen, key by key.
#pragma once

#include <array>

#include "record/description.h"
#include "record/examination.h"
#include "record/run_description.h"
#include "record/trial_description.h"

namespace unrig::record {

template <>
struct Description<Gravity> {
  static constexpr std::array values{Gravity::fine, Gravity::matters, Gravity::spoils,
                                     Gravity::not_checked};
};

template <>
struct Description<Finding> {
  static void visit(auto& in, auto& finding) {
    in.field("check", finding.check);
    in.field("gravity", finding.gravity);
    in.field("observed", finding.observed);
    in.field("means", OrNull{finding.means});
    in.field("help", OrNull{finding.help});
  }
};

template <>
struct Description<Demand> {
  static void visit(auto& in, auto& demand) {
    in.field("clients", demand.clients);
    in.field("most_per_s", demand.most_per_s);
    in.field("rate_is_given", demand.rate_is_given);
    in.field("serves_here", demand.serves_here);
    in.field("new_connections", demand.new_connections);
    in.field("keeps_connections", demand.keeps_connections);
    in.field("listen_backlog", demand.listen_backlog);
  }
};

template <>
struct Description<Program> {
  static void visit(auto& in, auto& program) {
    in.field("name", program.name);
    in.field("wanted_by", program.wanted_by);
    in.field("needed", program.needed);
    in.field("found", OrNull{program.found});
    in.field("missing", OrNull{program.missing});
    in.field("help", OrNull{program.help});
  }
};

template <>
struct Description<Probes> {
  static void visit(auto& in, auto& probes) {
    in.field("around", probes.around);
    in.readings([&](auto& read) {
      read.field("disk_free_bytes", probes.disk_free_bytes);
      read.field("generator_per_s", probes.generator_per_s);
      read.field("generator_cores", probes.generator_cores);
      read.field("timer_p50_us", probes.timer_p50_us);
      read.field("timer_p99_us", probes.timer_p99_us);
      read.field("timer_max_us", probes.timer_max_us);
      read.field("answer_with_nagle_us", probes.answer_with_nagle_us);
      read.field("answer_without_nagle_us", probes.answer_without_nagle_us);
      read.field("chain_difference", probes.chain_difference);
    });
    in.field("chain_stack", OrNull{probes.chain_stack});
    in.field("chain_per_s", probes.chain_per_s);
  }
};

template <>
struct Description<Examination> {
  static void visit(auto& in, auto& seen) {
    in.group("unrig", [&](auto& unrig) {
      unrig.field("version", seen.unrig_version);
      unrig.field("commit", seen.unrig_commit);
    });
    in.field("started_at", seen.started_at);
    in.group("scenario", [&](auto& scenario) {
      scenario.field("name", seen.scenario);
      scenario.field("knobs", seen.knobs);
    });
    in.field("demand", seen.demand);
    in.field("host", seen.host);
    in.field("programs", seen.programs);
    in.field("probes", seen.probes);
    in.field("findings", seen.findings);
    in.field("fit", seen.fit);
  }
};

}  // namespace unrig::record
