/// \file
/// The books of one measuring thread: every request is entered once when it is scheduled and once
/// when it ends, here and nowhere else, so that the counts are a partition by construction.
#pragma once

#include "load/load.h"

namespace unrig::load {

/// When the phases of a run begin and end.
struct Timeline {
  Instant start;
  Instant window_start;
  Instant window_end;  ///< the end of the schedule, too
  Instant line_end;    ///< what still waits for a connection then is dropped
  [[nodiscard]] static Timeline of(const Plan& plan, Instant start);
};

/// The three stamps of a request.
struct Stamps {
  Instant intended;
  Instant issued;
  Instant completed;
  Instant readable{};  ///< the answer was not there before
};

class Ledger {
 public:
  /// Needs the time line only from the first entry on. It must outlive it.
  explicit Ledger(const Timeline& timeline) : timeline_(timeline) {}
  /// Takes the memory that a run of `length` needs, so that no entry has to.
  void reserve(Duration length);

  void scheduled(Instant intended);
  /// A scheduled arrival of an open loop was taken up so much later than intended.
  void taken_up(Instant intended, Duration late);
  /// \name The end of a scheduled request that was never issued
  void dropped(Instant intended);
  void issued(Instant intended);
  /// \name The end of an issued request
  /// @{
  void completed(const Stamps& stamps);
  void failed(Instant intended, Failure failure);
  void unfinished(Instant intended);
  /// @}

  /// \name Connections, made for a request that was intended at `intended`
  /// @{
  void connected(Instant intended, Duration took);
  void secured(Instant intended, Duration took);
  /// @}
  /// Once per turn, before its events are entered: in which second they fall.
  void tick(Instant now) {
    if (now >= next_second_) next_second(now);
  }
  /// Besides failed() or unfinished(): the request had waited until now without an answer.
  void unanswered(Instant intended, Instant issued, Instant now);
  /// Besides dropped(): it had waited until now, and longer without an end.
  void waited(Instant intended, Instant now);
  /// Nothing was answered from `since` until now, though requests were under way.
  void silent(Instant since, Instant now);
  /// A thread did not look at its sockets for so long, until now.
  void stalled(Instant now, Duration how_long);
  void unasked_bytes() { ++outcome_.unasked_bytes; }
  void reconnect() { ++outcome_.reconnects; }
  void bytes_in(std::uint64_t count) { outcome_.bytes_in += count; }
  void resent() { ++outcome_.resent; }
  /// `right`: the answer counts as completed.
  void early_answer(bool right) {
    ++outcome_.early_answers;
    if (right) ++outcome_.early_completed;
  }
  void head_body() { ++outcome_.head_bodies; }
  void wrong_status(int status) { ++outcome_.wrong_statuses[status]; }
  /// Whether there is no sample of this kind yet.
  [[nodiscard]] bool wants_sample(Failure failure, int status) const;
  void sample(Sample sample) { outcome_.samples.push_back(std::move(sample)); }

  [[nodiscard]] const Counts& total() const { return outcome_.total; }
  /// `end`: when measuring really ended, if before the end of the window.
  [[nodiscard]] Outcome close(Instant end) &&;

 private:
  [[nodiscard]] bool in_window(Instant instant) const {
    return instant >= timeline_.window_start && instant < timeline_.window_end;
  }
  template <class Change>
  void enter(Instant intended, Change change);

  const Timeline& timeline_;
  void next_second(Instant now);
  void close_second();

  Outcome outcome_;
  Instant next_second_;
  Second second_;  // the one that goes on
  stats::CoarseHistogram second_responses_;
};

/// Adds what another thread of the same run saw.
void merge(Outcome& into, const Outcome& from);

}  // namespace unrig::load
