#include "agent/feeds/abuse_ch.h"

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "agent/feeds/feed_text.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

// Empty if they are fine.
std::string_view FieldsFault(std::span<const std::string> fields) {
  for (const std::string& field : fields) {
    if (const std::string_view fault = LineFault(field); !fault.empty()) return fault;
  }
  return {};
}

// How many rows a comment says that there are.
std::optional<std::uint64_t> CountIn(std::string_view comment) {
  comment = TrimBlanks(comment);
  bool is_count = false;
  for (const std::string_view label : {"Number of entries:", "END"}) {
    if (!comment.starts_with(label)) continue;
    comment = TrimBlanks(comment.substr(label.size()));
    is_count = true;
    break;
  }
  if (!is_count) return std::nullopt;
  if (comment.starts_with('(')) comment.remove_prefix(1);
  std::uint64_t count = 0;
  const auto [stop, error] =
      std::from_chars(comment.data(), comment.data() + comment.size(), count);
  if (error != std::errc{}) return std::nullopt;
  const auto rest = comment.substr(static_cast<std::size_t>(stop - comment.data()));
  const bool is_whole = rest.empty() || rest == " entries" || rest == ") entries";
  return is_whole ? std::optional(count) : std::nullopt;
}

class CsvRows final : public CsvSink {
 public:
  CsvRows(std::size_t rows_max, const AbuseChCsv& csv, const AbuseChRow& row)
      : builder_(rows_max), csv_(csv), row_(row) {}

  void Record(std::size_t line, std::span<const std::string> fields) override {
    const bool is_first = std::exchange(is_first_, false);
    if (is_first && !csv_.header.empty() && fields[0] == csv_.header) return;
    if (const std::string_view fault = FieldsFault(fields); !fault.empty()) {
      return builder_.Reject(line, fault);
    }
    if (fields.size() != csv_.columns) {
      return builder_.Reject(
          line, "wrong number of columns",
          std::to_string(fields.size()) + " instead of " + std::to_string(csv_.columns));
    }
    row_(line, fields, builder_);
  }

  void Comment(std::size_t /*line*/, std::string_view text) override {
    if (const auto count = CountIn(text)) rows_promised_ = count;
  }

  void Broken(std::size_t line, std::string_view reason) override { builder_.Reject(line, reason); }

  bool full() const { return builder_.full(); }

  Result<FeedSnapshot> Finish() && {
    if (builder_.full()) return std::move(builder_).Finish();
    if (!rows_promised_ && csv_.ends_with_count) {
      return Fail(ErrorCode::malformed_input,
                  "the line that ends the file and counts its entries is missing: it was cut "
                  "short, or is something else");
    }
    if (rows_promised_ && *rows_promised_ != builder_.rows_total()) {
      return Fail(ErrorCode::malformed_input,
                  "the file says that it has " + std::to_string(*rows_promised_) +
                      " entries, but it has " + std::to_string(builder_.rows_total()) +
                      ": it was cut short or put together wrongly");
    }
    return std::move(builder_).Finish();
  }

 private:
  SnapshotBuilder builder_;
  const AbuseChCsv& csv_;
  const AbuseChRow& row_;
  bool is_first_ = true;
  std::optional<std::uint64_t> rows_promised_;
};

std::string TextOfMember(const nlohmann::json& row, std::string_view key) {
  const auto member = row.find(key);
  return member == row.end() ? std::string() : TextOfJson(*member);
}

class JsonRows final : public JsonSink {
 public:
  JsonRows(std::size_t rows_max, std::span<const std::string_view> keys, const AbuseChRow& row)
      : builder_(rows_max), keys_(keys), row_(row), fields_(keys.size()) {}

  void Row(std::size_t number, std::string_view key, const nlohmann::json& row) override {
    if (!row.is_object()) return builder_.Reject(number, "no JSON object");
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      fields_[i] = keys_[i].empty() ? std::string(key) : TextOfMember(row, keys_[i]);
    }
    if (const std::string_view fault = FieldsFault(fields_); !fault.empty()) {
      return builder_.Reject(number, fault);
    }
    row_(number, fields_, builder_);
  }

  void Broken(std::size_t number, std::string_view reason) override {
    builder_.Reject(number, reason);
  }

  bool full() const override { return builder_.full(); }

  Result<FeedSnapshot> Finish() && { return std::move(builder_).Finish(); }

 private:
  SnapshotBuilder builder_;
  const std::span<const std::string_view> keys_;
  const AbuseChRow& row_;
  std::vector<std::string> fields_;
};

}  // namespace

Result<FeedSnapshot> ReadAbuseChCsv(std::string_view bytes, std::size_t rows_max,
                                    const AbuseChCsv& csv, const AbuseChRow& row) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  CsvRows rows(rows_max, csv, row);
  ReadCsv(*text, rows, csv.dialect);
  return std::move(rows).Finish();
}

Result<FeedSnapshot> ReadAbuseChJson(std::string_view bytes, std::size_t rows_max,
                                     const JsonRowsAt& at, std::span<const std::string_view> keys,
                                     const AbuseChRow& row) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  JsonRows rows(rows_max, keys, row);
  if (auto read = ReadJsonRows(*text, at, rows); !read) return tl::unexpected(read.error());
  return std::move(rows).Finish();
}

std::string_view UnlessNone(std::string_view field) {
  return field == "None" ? std::string_view() : field;
}

}  // namespace agent::feeds
