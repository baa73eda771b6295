#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "policy/digest.h"
#include "policy/time.h"

namespace policy {

// On what terms a line is in a list: until when, and how much it matters.
struct Terms {
  // Of a list whose lines' ends are not known, as lists were before they had terms.
  static constexpr std::uint32_t no_end = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t expires = no_end;  // seconds since 1970 UTC, up to the year 2106
  std::uint8_t risk = 0;           // 0 to 100; where not all fits, the lowest is left out

  // Times and risks outside of what fits are taken for the nearest that does.
  static Terms Of(TimePoint expires, int risk);
  friend bool operator==(const Terms&, const Terms&) = default;
};

inline constexpr std::uint8_t risk_max = 100;

// The terms of many lines, in 5 bytes each.
class PackedTerms {
 public:
  std::size_t size() const { return risk_.size(); }
  bool empty() const { return risk_.empty(); }
  Terms operator[](std::size_t index) const { return {expires_[index], risk_[index]}; }
  std::uint32_t expires(std::size_t index) const { return expires_[index]; }
  std::uint8_t risk(std::size_t index) const { return risk_[index]; }

  void Reserve(std::size_t size);
  void Add(Terms terms);
  void AddFrom(const PackedTerms& other, std::size_t begin, std::size_t end);
  void Set(std::size_t index, Terms terms);

 private:
  std::vector<std::uint32_t> expires_;
  std::vector<std::uint8_t> risk_;
};

// The SHA-256 of "EXPIRES RISK\n" for each, both decimal.
Sha256 DigestOf(const PackedTerms& terms);

}  // namespace policy
