#include "load/requests.h"

#include <fmt/format.h>

#include <cassert>
#include <span>

#include "base/number.h"

namespace unrig::load {

Requests::Requests(const Plan& plan, const Share& share)
    : keys_(plan.keys),
      random_(plan.seed, fmt::format("keys/{}", share.first_client)),
      same_(share.request) {
  if (!keys_) return;
  const std::string& path = plan.request.path;
  const std::size_t path_at = plan.request.method.size() + 1;
  assert(keys_->count > 0 && keys_->digits < path.size());
  assert(same_.substr(path_at).starts_with(path));
  key_at_ = path_at + path.size() - keys_->digits;
  const std::size_t slots = slots_for(share.connections);
  drawn_.resize(slots);
  own_.reserve(slots * same_.size());
  for (std::size_t slot = 0; slot < slots; ++slot) own_ += same_;
}

void Requests::draw(Slot slot) {
  const auto key = static_cast<std::uint32_t>(random_.below(keys_->count));
  drawn_[slot] = key;
  write_digits(std::span(own_).subspan(slot * same_.size() + key_at_, keys_->digits), key);
}

}  // namespace unrig::load
