#include "cli/observed_file.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "policy/quote.h"
#include "policy/time.h"
#include "proto/convert.h"

namespace cli {
namespace {

using google::protobuf::FieldDescriptor;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::Observed;
using sekisho::v1::ObserveRequest;
using Rows = std::vector<ObservedRow>;

constexpr std::string_view kBlanks = " \t\r";

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

tl::unexpected<policy::Error> Bad(std::size_t line, const std::string& why) {
  return Fail(ErrorCode::malformed_input, "line " + std::to_string(line) + ": " + why);
}

// Calls `take` with each line and its number; stops at the first error.
template <class Take>
Result<void> ForEachLine(std::string_view text, Take take) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto taken = take(number, text.substr(0, end)); !taken) return taken;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

Result<Rows> ReadPlain(std::string_view text) {
  Rows rows;
  auto read = ForEachLine(text, [&](std::size_t number, std::string_view line) -> Result<void> {
    // Within a word "#" is of a URL.
    const std::size_t comment = line.starts_with('#') ? 0 : std::min(line.find(" #"), line.size());
    const std::string_view word = Trim(line.substr(0, comment));
    if (!word.empty()) {
      rows.push_back({number, {}});
      rows.back().observed.set_indicator(std::string(word));
    }
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return rows;
}

// The fields of one line, which a quoted field may not leave.
Result<std::vector<std::string>> SplitCsv(std::size_t number, std::string_view line) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (is_quoted && c == '"' && line.substr(i + 1).starts_with('"')) {
      fields.back() += c;
      ++i;
    } else if (c == '"' && (is_quoted || fields.back().empty())) {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (is_quoted) return Bad(number, "a quote is not closed");
  return fields;
}

bool ReadNumber(std::string_view text, std::uint32_t& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

bool ReadBool(std::string_view text, bool& value) {
  value = text == "true" || text == "1";
  return value || text == "false" || text == "0";
}

// By the field's type; false if the text is none of it.
bool Set(Observed& observed, const FieldDescriptor& field, const std::string& text) {
  const auto& reflection = *observed.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(&observed, &field, text);
      return true;
    case FieldDescriptor::CPPTYPE_UINT32: {
      std::uint32_t number = 0;
      const bool is_number = ReadNumber(text, number);
      reflection.SetUInt32(&observed, &field, number);
      return is_number;
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      bool value = false;
      const bool is_bool = ReadBool(text, value);
      reflection.SetBool(&observed, &field, value);
      return is_bool;
    }
    default: {
      const auto time = policy::ParseTime(text);
      if (time) reflection.MutableMessage(&observed, &field)->CopyFrom(proto::ToTimestamp(*time));
      return time.has_value();
    }
  }
}

class CsvRows {
 public:
  Result<void> Take(std::size_t number, std::string_view line) {
    if (Trim(line).empty()) return {};
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto fields = SplitCsv(number, line);
    if (!fields) return tl::unexpected(std::move(fields.error()));
    return columns_.empty() ? TakeHeader(number, *fields) : TakeRow(number, *fields);
  }
  Rows rows() && { return std::move(rows_); }

 private:
  Result<void> TakeHeader(std::size_t number, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const auto* field = Observed::descriptor()->FindFieldByName(std::string(Trim(name)));
      if (field == nullptr) return Bad(number, "there is no column " + policy::Quote(name));
      columns_.push_back(field);
    }
    const auto is_indicator = [](const auto* field) { return field->name() == "indicator"; };
    if (std::none_of(columns_.begin(), columns_.end(), is_indicator)) {
      return Bad(number, "the first line has to name the columns, `indicator` among them");
    }
    return {};
  }

  Result<void> TakeRow(std::size_t number, const std::vector<std::string>& fields) {
    if (fields.size() != columns_.size()) {
      return Bad(number, "it has " + std::to_string(fields.size()) + " fields, the first line " +
                             std::to_string(columns_.size()));
    }
    rows_.push_back({number, {}});
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].empty() || Set(rows_.back().observed, *columns_[i], fields[i])) continue;
      return Bad(number, policy::Quote(fields[i]) + " is no " + columns_[i]->name());
    }
    return {};
  }

  std::vector<const FieldDescriptor*> columns_;
  Rows rows_;
};

Result<Rows> ReadCsv(std::string_view text) {
  CsvRows csv;
  auto read = ForEachLine(
      text, [&](std::size_t number, std::string_view line) { return csv.Take(number, line); });
  if (!read) return tl::unexpected(read.error());
  return std::move(csv).rows();
}

Result<Rows> ReadJsonArray(std::string_view text) {
  ObserveRequest request;
  const auto status = google::protobuf::util::JsonStringToMessage(
      R"({"observations":)" + std::string(text) + "}", &request);
  if (!status.ok()) {
    return Fail(ErrorCode::malformed_input, "no array of observations: " + status.ToString());
  }
  Rows rows;
  for (Observed& observed : *request.mutable_observations()) {
    rows.push_back({rows.size() + 1, std::move(observed)});
  }
  return rows;
}

Result<Rows> ReadJson(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start != text.npos && text[start] == '[') return ReadJsonArray(text);
  Rows rows;
  auto read = ForEachLine(text, [&](std::size_t number, std::string_view line) -> Result<void> {
    if (Trim(line).empty()) return {};
    rows.push_back({number, {}});
    const auto status =
        google::protobuf::util::JsonStringToMessage(std::string(line), &rows.back().observed);
    return status.ok() ? Result<void>() : Bad(number, status.ToString());
  });
  if (!read) return tl::unexpected(read.error());
  return rows;
}

}  // namespace

Result<Rows> ReadObserved(std::string_view text, std::string_view format) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (format == "csv") return ReadCsv(text);
  if (format == "json") return ReadJson(text);
  return ReadPlain(text);
}

}  // namespace cli
