#include "agent/traffic/client_sample.h"

#include <algorithm>
#include <charconv>

namespace agent::traffic {
namespace {

constexpr unsigned hash_bits = 48;
constexpr unsigned day_bits = 16;
constexpr std::uint64_t day_mask = (std::uint64_t{1} << day_bits) - 1;

std::uint64_t NumberOf(Day day) {
  return static_cast<std::uint64_t>(day.time_since_epoch().count()) & day_mask;
}

bool IsKeptAt(unsigned level, std::uint64_t client) {
  return (client & ((std::uint64_t{1} << level) - 1)) == 0;
}

}  // namespace

void ClientSample::Add(std::uint64_t hash, Day day) {
  Put(hash & ((std::uint64_t{1} << hash_bits) - 1), NumberOf(day));
  Thin();
}

void ClientSample::Put(std::uint64_t client, std::uint64_t day) {
  if (!IsKeptAt(level_, client)) return;
  const auto at = std::lower_bound(kept_.begin(), kept_.end(), client << day_bits);
  if (at == kept_.end() || *at >> day_bits != client) {
    kept_.insert(at, client << day_bits | day);
  } else {
    *at = std::max(*at, client << day_bits | day);
  }
}

void ClientSample::RaiseTo(std::uint8_t level) {
  if (level <= level_) return;
  level_ = level;
  kept_.erase(
      std::remove_if(kept_.begin(), kept_.end(),
                     [level](std::uint64_t each) { return !IsKeptAt(level, each >> day_bits); }),
      kept_.end());
}

void ClientSample::Thin() {
  while (kept_.size() > size_max) RaiseTo(static_cast<std::uint8_t>(level_ + 1));
}

void ClientSample::Merge(const ClientSample& other) {
  RaiseTo(other.level_);
  for (const std::uint64_t each : other.kept_) Put(each >> day_bits, each & day_mask);
  Thin();
}

void ClientSample::Forget(Day before) {
  const std::uint64_t first = NumberOf(before);
  kept_.erase(std::remove_if(kept_.begin(), kept_.end(),
                             [first](std::uint64_t each) { return (each & day_mask) < first; }),
              kept_.end());
}

std::uint64_t ClientSample::CountSince(Day first) const {
  const std::uint64_t day = NumberOf(first);
  const auto count = std::count_if(kept_.begin(), kept_.end(),
                                   [day](std::uint64_t each) { return (each & day_mask) >= day; });
  return static_cast<std::uint64_t>(count) << level_;
}

std::string ClientSample::Text() const {
  std::string text = std::to_string(level_);
  char digits[16];
  for (const std::uint64_t each : kept_) {
    text += ',';
    text.append(digits, std::to_chars(digits, digits + sizeof digits, each, 16).ptr);
  }
  return text;
}

bool ClientSample::Read(std::string_view text) {
  ClientSample read;
  const char* at = text.data();
  const char* const end = at + text.size();
  auto level = std::from_chars(at, end, read.level_);
  if (level.ec != std::errc() || read.level_ >= hash_bits) return false;
  for (at = level.ptr; at != end;) {
    if (*at != ',') return false;
    std::uint64_t each = 0;
    const auto [next, error] = std::from_chars(at + 1, end, each, 16);
    const bool is_next = read.kept_.empty() || each >> day_bits > read.kept_.back() >> day_bits;
    if (error != std::errc() || !is_next || !IsKeptAt(read.level_, each >> day_bits)) return false;
    read.kept_.push_back(each);
    at = next;
  }
  if (read.kept_.size() > size_max) return false;
  *this = read;
  return true;
}

}  // namespace agent::traffic
