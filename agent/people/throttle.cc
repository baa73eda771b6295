#include "agent/people/throttle.h"

namespace agent::people {
namespace {

// Above it, counts whose window is over are dropped: names and addresses are the attacker's choice.
constexpr std::size_t counts_kept = 10'000;

}  // namespace

void Throttle::Forget(policy::TimePoint now) {
  std::erase_if(counts_,
                [&](const auto& entry) { return now - entry.second.since > limits_.window; });
}

Throttle::Count* Throttle::Exceeded(const std::string& name, const std::string& address,
                                    policy::TimePoint now) {
  const std::pair<Key, std::size_t> bounds[] = {{{name, address}, limits_.per_name_and_address},
                                                {{"", address}, limits_.per_address},
                                                {{name, ""}, limits_.per_name}};
  for (const auto& [key, most] : bounds) {
    const auto found = counts_.find(key);
    if (found == counts_.end() || now - found->second.since > limits_.window) continue;
    if (found->second.attempts >= most) return &found->second;
  }
  return nullptr;
}

Throttle::Verdict Throttle::Begin(const std::string& name, const std::string& address,
                                  policy::TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (counts_.size() > counts_kept) Forget(now);
  if (Count* full = Exceeded(name, address, now)) {
    return std::exchange(full->is_reported, true) ? Verdict::refused : Verdict::refused_first;
  }
  for (const Key& key : {Key{name, address}, Key{"", address}, Key{name, ""}}) {
    Count& count = counts_[key];
    if (count.attempts == 0 || now - count.since > limits_.window) count = {now};
    ++count.attempts;
  }
  return Verdict::go_on;
}

void Throttle::Succeeded(const std::string& name, const std::string& address) {
  const std::lock_guard lock(mutex_);
  counts_.erase({name, address});
  for (const Key& key : {Key{"", address}, Key{name, ""}}) {
    const auto found = counts_.find(key);
    if (found != counts_.end() && found->second.attempts > 0) --found->second.attempts;
  }
}

}  // namespace agent::people
