#include "agent/feeds/mapped_json.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/json_rows.h"
#include "agent/feeds/row_mapping.h"
#include "agent/feeds/snapshot_builder.h"

namespace agent::feeds {
namespace {

using config::Node;
using policy::Result;
using policy::TimePoint;

// The whole document, noting an error, where `text` is no pointer.
JsonPath PathOf(const std::string& text, const Node& at) {
  auto path = ParseJsonPointer(text);
  if (path) return *std::move(path);
  at.Fail(path.error().detail);
  return {};
}

class Table {
 public:
  explicit Table(const Node& source)
      : rows_at_{PathOf(source.Optional("rows").AsText(), source.Optional("rows")), false},
        mapping_(source, "", [this](const std::string& name, const Node& at) {
          columns_.push_back(PathOf(name, at));
        }) {}

  const JsonRowsAt& rows_at() const { return rows_at_; }
  const std::vector<JsonPath>& columns() const { return columns_; }
  const RowMapping& mapping() const { return mapping_; }

 private:
  JsonRowsAt rows_at_;
  std::vector<JsonPath> columns_;  // in the mapping's order; before mapping_, which fills them
  RowMapping mapping_;
};

class TableSink final : public JsonSink {
 public:
  TableSink(const Table& table, TimePoint fetched_at, std::size_t rows_max)
      : table_(table),
        fetched_at_(fetched_at),
        builder_(rows_max),
        texts_(table.columns().size()),
        cells_(table.columns().size()) {}

  void Row(std::size_t number, std::string_view /*key*/, const nlohmann::json& row) override {
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const nlohmann::json* const value = FindInJson(row, table_.columns()[i]);
      texts_[i] = value == nullptr ? std::string() : TextOfJson(*value);
      cells_[i] = texts_[i];
    }
    table_.mapping().TakeRow(number, cells_, fetched_at_, builder_);
  }

  void Broken(std::size_t number, std::string_view reason) override {
    builder_.Reject(number, reason);
  }

  bool full() const override { return builder_.full(); }

  Result<FeedSnapshot> Finish() && { return std::move(builder_).Finish(); }

 private:
  const Table& table_;
  const TimePoint fetched_at_;
  SnapshotBuilder builder_;
  std::vector<std::string> texts_;
  std::vector<std::string_view> cells_;  // of texts_
};

}  // namespace

FeedFormat MakeMappedJson(const Node& source) {
  const auto table = std::make_shared<const Table>(source);
  const auto parse = [table](std::string_view bytes, TimePoint fetched_at,
                             std::size_t rows_max) -> Result<FeedSnapshot> {
    const auto text = CheckFeedText(bytes);
    if (!text) return tl::unexpected(text.error());
    TableSink sink(*table, fetched_at, rows_max);
    if (auto read = ReadJsonRows(*text, table->rows_at(), sink); !read) {
      return tl::unexpected(read.error());
    }
    return std::move(sink).Finish();
  };
  return {table->mapping().is_dated(), parse, nullptr};
}

}  // namespace agent::feeds
