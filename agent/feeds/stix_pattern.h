#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace agent::feeds {

// The tree of a STIX pattern (STIX 2.1, section 9; STIX 2.0, part 5).

// One step of an object path: `.key`, `.'key'`, `[3]`, `[*]`.
struct StixPathStep {
  enum class Kind : std::uint8_t { key, index, any };
  Kind kind;
  std::string key;  // of an index: its number as written
};

// "network-traffic:dst_ref.value"
struct StixPath {
  std::string object_type;
  std::vector<StixPathStep> steps;  // at least one, the first is a key

  // As it would be written; quotes only where the grammar wants them.
  std::string ToString() const;
};

struct StixLiteral {
  enum class Kind : std::uint8_t { string, integer, real, boolean, timestamp, hex, binary };
  Kind kind;
  std::string text;  // unquoted, escapes undone
};

enum class StixOperator : std::uint8_t {
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  in,
  like,
  matches,
  is_subset,
  is_superset,
  exists,  // has no value
};

struct StixComparison {
  StixPath path;
  bool negated = false;
  StixOperator op = StixOperator::equal;
  std::vector<StixLiteral> values;  // one, but for `in` any number and for `exists` none
};

// What is between "[" and "]": one comparison, or several of which all or any hold.
struct StixTest {
  enum class Kind : std::uint8_t { comparison, all_of, any_of };
  Kind kind = Kind::comparison;
  StixComparison comparison;
  std::vector<StixTest> parts;  // two or more, unless it is a comparison
};

struct StixQualifier {
  enum class Kind : std::uint8_t { start_stop, within, repeats };
  Kind kind;
  std::vector<std::string> values;  // times, seconds, a count
};

struct StixObservation {
  enum class Kind : std::uint8_t { test, all_of, any_of, followed_by };
  Kind kind = Kind::test;
  StixTest test;
  std::vector<StixObservation> parts;  // two or more, unless it is a test
  std::vector<StixQualifier> qualifiers;
};

inline constexpr std::size_t stix_pattern_size_max = 256 * 1024;
inline constexpr int stix_pattern_depth_max = 32;  // parentheses within each other

// 2.0 knows no EXISTS, and lets a qualifier be repeated.
enum class StixVersion : std::uint8_t { v20, v21 };

// Reads a pattern. Fails with `malformed_input`, naming the column, or with `exhausted` above the
// two limits. What the grammar allows passes: whether a path or a hash makes sense is not asked.
policy::Result<StixObservation> ParseStixPattern(std::string_view pattern, StixVersion version);

}  // namespace agent::feeds
