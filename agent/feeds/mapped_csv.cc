#include "agent/feeds/mapped_csv.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/feeds/csv.h"
#include "agent/feeds/feed_text.h"
#include "agent/feeds/row_mapping.h"
#include "agent/feeds/snapshot_builder.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using config::Node;
using policy::ErrorCode;
using policy::Fail;
using policy::Quote;
using policy::Result;
using policy::TimePoint;

constexpr std::size_t kColumnsMax = 1000;

// Where a name of a column leads.
class Header {
 public:
  explicit Header(const Node& node) {
    if (node.IsList()) {
      names_ = node.AsStrings();
    } else {
      is_in_file_ = node.AsBool(true);
    }
  }

  bool is_in_file() const { return is_in_file_; }

  // Before the file is read: none if its header has to say it, or if there is no such column.
  std::optional<std::size_t> Find(const std::string& name) const {
    if (is_in_file_) return std::nullopt;
    return names_.empty() ? NumberOf(name) : FindIn(names_, name);
  }

  static std::optional<std::size_t> FindIn(std::span<const std::string> names,
                                           std::string_view name) {
    const auto it = std::find_if(names.begin(), names.end(), [name](std::string_view each) {
      return TrimBlanks(each) == name;
    });
    return it == names.end() ? std::nullopt : std::optional<std::size_t>(it - names.begin());
  }

 private:
  static std::optional<std::size_t> NumberOf(std::string_view text) {
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number == 0 || number > kColumnsMax) {
      return std::nullopt;
    }
    return number - 1;
  }

  bool is_in_file_ = false;
  std::vector<std::string> names_;
};

// `fallback`, noting an error, unless it is one character that can be told from others.
char CharOf(const Node& node, char fallback) {
  const std::string text = node.AsText(std::string(1, fallback));
  if (text.size() == 1 && text.find_first_of("\"\r\n") == std::string::npos) return text[0];
  node.Fail("must be one ASCII character, and neither a quote nor a line end");
  return fallback;
}

CsvDialect ReadDialect(const Node& source) {
  const char delimiter = CharOf(source.Optional("delimiter"), ',');
  const Node comment = source.Optional("comment");
  const bool has_comments = !comment.AsText("#").empty();
  return {.delimiter = delimiter,
          .comment = has_comments ? std::optional(CharOf(comment, '#')) : std::nullopt,
          .skip_initial_space = source.Optional("skip_initial_space").AsBool(true)};
}

class Table {
 public:
  explicit Table(const Node& source)
      : header_(source.Optional("header")),
        dialect_(ReadDialect(source)),
        mapping_(source, "1",
                 [this](const std::string& name, const Node& at) { AddColumn(name, at); }) {}

  const Header& header() const { return header_; }
  const CsvDialect& dialect() const { return dialect_; }
  const RowMapping& mapping() const { return mapping_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::size_t>& indices() const { return indices_; }

 private:
  void AddColumn(const std::string& name, const Node& at) {
    const auto index = header_.Find(name);
    if (!index && !header_.is_in_file()) {
      at.Fail("there is no column " + Quote(name) +
              ": name one of the header's or, without a header, write its number from 1");
    }
    names_.push_back(name);
    indices_.push_back(index.value_or(0));
  }

  Header header_;
  CsvDialect dialect_;
  // Of the columns that are mapped, in the mapping's order; before mapping_, which fills them.
  std::vector<std::string> names_;
  std::vector<std::size_t> indices_;  // of no account where the file has the header
  RowMapping mapping_;
};

class TableSink final : public CsvSink {
 public:
  TableSink(const Table& table, TimePoint fetched_at, std::size_t rows_max)
      : table_(table),
        fetched_at_(fetched_at),
        builder_(rows_max),
        has_header_(!table.header().is_in_file()),
        indices_(table.indices()),
        cells_(indices_.size()) {}

  void Record(std::size_t line, std::span<const std::string> fields) override {
    if (!std::exchange(has_header_, true)) return TakeHeader(fields);
    if (fields.size() <= indices_.front()) {
      return builder_.Reject(line, "too few columns", "it has " + std::to_string(fields.size()));
    }
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      cells_[i] =
          indices_[i] < fields.size() ? std::string_view(fields[indices_[i]]) : std::string_view();
    }
    table_.mapping().TakeRow(line, cells_, fetched_at_, builder_);
  }

  void Comment(std::size_t /*line*/, std::string_view /*text*/) override {}
  void Broken(std::size_t line, std::string_view reason) override { builder_.Reject(line, reason); }

  bool full() const { return builder_.full() || error_; }

  Result<FeedSnapshot> Finish() && {
    if (error_) return Fail(ErrorCode::malformed_input, *std::move(error_));
    return std::move(builder_).Finish();
  }

 private:
  void TakeHeader(std::span<const std::string> fields) {
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      const auto index = Header::FindIn(fields, table_.names()[i]);
      if (!index && !error_) {
        error_ = "the file's first row names no column " + Quote(table_.names()[i]) +
                 ": it starts with " + Quote(fields[0]) + ". Check the feed's URL and its columns";
      }
      indices_[i] = index.value_or(0);
    }
  }

  const Table& table_;
  const TimePoint fetched_at_;
  SnapshotBuilder builder_;
  bool has_header_;
  std::vector<std::size_t> indices_;
  std::vector<std::string_view> cells_;
  std::optional<std::string> error_;
};

}  // namespace

FeedFormat MakeMappedCsv(const Node& source) {
  const auto table = std::make_shared<const Table>(source);
  const auto parse = [table](std::string_view bytes, TimePoint fetched_at,
                             std::size_t rows_max) -> Result<FeedSnapshot> {
    const auto text = CheckFeedText(bytes);
    if (!text) return tl::unexpected(text.error());
    TableSink sink(*table, fetched_at, rows_max);
    ReadCsv(*text, sink, table->dialect());
    return std::move(sink).Finish();
  };
  return {table->mapping().is_dated(), parse, nullptr};
}

}  // namespace agent::feeds
