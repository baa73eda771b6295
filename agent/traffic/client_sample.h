#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <absl/container/inlined_vector.h>

namespace agent::traffic {

using Day = std::chrono::sys_days;

// How many different clients there were since a day, without their addresses: a hash of each with
// the last day it was seen. Beyond 128 only every second hash is kept, then every fourth and so on
// (Flajolet, "On adaptive sampling", 1990), and the count is an estimate, wrong by 10 % on average.
//
// That a hash is kept depends on itself alone, so samples can be merged, and days that are over
// drop out exactly. A value; not thread-safe.
class ClientSample {
 public:
  static constexpr std::size_t size_max = 128;

  // Of `hash` the lower 48 bits count.
  void Add(std::uint64_t hash, Day day);
  void Merge(const ClientSample& other);
  void Forget(Day before);

  std::uint64_t CountSince(Day first) const;
  bool is_exact() const { return level_ == 0; }

  // "LEVEL" and each kept client, hexadecimal, separated by commas. Read is false for any other
  // text.
  std::string Text() const;
  bool Read(std::string_view text);

 private:
  void Put(std::uint64_t client, std::uint64_t day);
  void RaiseTo(std::uint8_t level);
  void Thin();

  // Ascending: hash << 16 | days since 1970.
  absl::InlinedVector<std::uint64_t, 2> kept_;
  std::uint8_t level_ = 0;  // kept are hashes whose so many lowest bits are 0
};

}  // namespace agent::traffic
