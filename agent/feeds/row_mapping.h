#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/snapshot_builder.h"
#include "agent/feeds/time_format.h"
#include "config/yaml.h"
#include "policy/confidence.h"
#include "policy/observation.h"
#include "policy/time.h"

namespace agent::feeds {

// What the cells of a table mean, as a feed's configuration says it, for tables of any form:
//
//   columns: {indicator: ioc, kind: type, last_seen: seen, ...}   see kFieldNames in the .cc
//   kind: domain                    where no column says it; guessed by default
//   kinds: {hostname: domain, ...}  what a column's values mean; without, they are our own names
//   threat, threats                 likewise
//   confidences: {high: 90}         words that stand for percents
//   where: {status: [active, new]}  rows with anything else there are passed over
//   time_formats: [iso, unix]       tried in turn, see TimeFormat
//   empty: ["-", None]              what is written where there is nothing
//
// How a column is named is for the form of table to say.
class RowMapping {
 public:
  // Is called with each column's name, and where the configuration has it; so the form of table can
  // find it, or note an error.
  using AddColumn = std::function<void(const std::string& name, const config::Node& at)>;

  // Reads the keys above off `source`, noting errors there. The indicator's column is the first
  // that is added; without `source` it is `indicator_default`.
  RowMapping(const config::Node& source, const std::string& indicator_default,
             const AddColumn& add_column);

  // Whether rows have times of their own.
  bool is_dated() const { return Has(Field::first_seen) || Has(Field::last_seen); }

  // Takes a row, its cells in the order in which the columns were added; a cell that a row lacks is
  // empty. Rows without an indicator are passed over.
  void TakeRow(std::size_t line, std::span<const std::string_view> cells,
               policy::TimePoint fetched_at, SnapshotBuilder& builder) const;

 private:
  enum class Field : std::uint8_t {
    indicator,
    kind,
    first_seen,
    last_seen,
    valid_until,
    confidence,
    threat,
    malware,
    campaign,
    tags,
    reference,
  };
  static constexpr std::size_t kFields = 11;
  static const std::array<std::string_view, kFields> kFieldNames;

  enum class Kind : std::uint8_t { guess, domain, ip, ip_port, url, hash, context };
  static const std::vector<std::string_view> kKindNames;

  struct Condition {
    std::size_t column;
    std::vector<std::string> values;
  };

  using Cells = std::span<const std::string_view>;
  struct Times {
    policy::TimePoint first_seen;
    policy::TimePoint last_seen;
  };

  void ReadKinds(const config::Node& source);
  void ReadThreats(const config::Node& source);
  void ReadWhere(const config::Node& source, const AddColumn& add_column);
  void ReadTimeFormats(const config::Node& node);

  bool Has(Field field) const { return column_of_[static_cast<std::size_t>(field)].has_value(); }
  // Empty if there is nothing.
  std::string_view Cell(Cells cells, Field field) const;
  bool IsWanted(Cells cells) const;
  policy::Result<Kind> KindOf(Cells cells) const;
  policy::Result<std::optional<policy::TimePoint>> TimeIn(Cells cells, Field field) const;
  policy::Result<Times> TimesOf(Cells cells, policy::TimePoint fetched_at) const;
  policy::Result<std::optional<policy::Confidence>> ConfidenceOf(Cells cells) const;
  policy::ThreatType ThreatOf(Cells cells) const;
  static policy::Result<policy::Indicator> IndicatorOf(Kind kind, std::string_view text,
                                                       std::string& tags);

  std::array<std::optional<std::size_t>, kFields> column_of_;  // its place among the cells
  std::size_t columns_ = 0;
  Kind kind_ = Kind::guess;
  std::map<std::string, Kind, std::less<>> kinds_;
  policy::ThreatType threat_ = policy::ThreatType::unknown;
  std::map<std::string, policy::ThreatType, std::less<>> threats_;
  std::map<std::string, policy::Confidence, std::less<>> confidences_;
  std::vector<Condition> where_;
  std::vector<TimeFormat> time_formats_;
  std::vector<std::string> empty_;
};

}  // namespace agent::feeds
