#include "exporters/http_list/feed_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "platform/url_query.h"
#include "policy/ascii.h"

namespace exporters::http_list {
namespace {

using policy::Result;
using Form = FeedQuery::Form;

// A query is from whoever may fetch lists.
constexpr std::size_t columns_max = 16;
constexpr std::size_t categories_max = 16;
constexpr std::size_t text_size_max = 64;

// "v" of MineMeld, and the same under the names of XSOAR.
constexpr std::array<std::pair<std::string_view, Form>, 8> forms{{{"text", Form::own},
                                                                  {"json", Form::json},
                                                                  {"json-seq", Form::json_seq},
                                                                  {"csv", Form::csv},
                                                                  {"mwg", Form::mwg},
                                                                  {"bluecoat", Form::bluecoat},
                                                                  {"proxysg", Form::bluecoat},
                                                                  {"panosurl", Form::panosurl}}};

policy::Result<void> Refuse(std::string_view name, const std::string& reason) {
  return policy::Fail(policy::ErrorCode::malformed_input,
                      "the parameter " + std::string(name) + " " + reason);
}

Result<void> ReadNumber(std::string_view name, std::string_view text, std::size_t min,
                        std::size_t& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && rest == text.data() + text.size() && number >= min) return {};
  return Refuse(name, "must be a number from " + std::to_string(min));
}

// MineMeld takes the mere name for yes with some, and wants a number with others; "=0" is never
// meant as yes.
bool IsYes(std::string_view value) {
  return value != "0";
}

Result<void> ReadForm(std::string_view value, FeedQuery& query) {
  const auto* found = std::find_if(forms.begin(), forms.end(),
                                   [value](const auto& one) { return one.first == value; });
  if (found == forms.end()) {
    return Refuse("v", "must be json, json-seq, csv, mwg, bluecoat or panosurl");
  }
  query.form = found->second;
  return {};
}

// "FIELD" or "FIELD|TITLE".
Result<void> ReadColumn(const std::string& value, FeedQuery& query) {
  const std::size_t bar = value.rfind('|');
  FeedQuery::Column column{value.substr(0, bar), bar == value.npos ? value : value.substr(bar + 1)};
  const bool printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable || value.size() > text_size_max || query.columns.size() == columns_max) {
    return Refuse("f", "takes up to 16 columns of up to 64 printable characters");
  }
  query.columns.push_back(std::move(column));
  return {};
}

// It becomes a word of the proxy's policy.
Result<void> ReadCategory(const std::string& value, FeedQuery& query) {
  const bool word = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '_' || c == '-';
  });
  if (!word || value.size() > text_size_max || query.categories.size() == categories_max) {
    return Refuse("cd", "takes up to 16 names of letters, digits, _ and -");
  }
  query.categories.push_back(value);
  return {};
}

Result<void> ReadType(std::string_view value, FeedQuery& query) {
  if (value != "string" && value != "ip") return Refuse("t", "must be string or ip");
  query.ips_only = value == "ip";
  return {};
}

Result<void> Take(const std::string& name, const std::string& value, FeedQuery& query) {
  if (name == "s") return ReadNumber(name, value, 0, query.start);
  if (name == "n") return ReadNumber(name, value, 1, query.count);
  if (name == "v") return ReadForm(value, query);
  if (name == "f") return ReadColumn(value, query);
  if (name == "cd") return ReadCategory(value, query);
  if (name == "t") return ReadType(value, query);
  if (name == "d") query.descending = true;
  if (name == "sum") query.summarise = IsYes(value);
  if (name == "sp") query.strip_port = IsYes(value);
  if (name == "nsl") query.no_slash = IsYes(value);
  if (name == "h") query.header = IsYes(value);
  if (name == "ubom") query.bom = IsYes(value);
  return {};
}

// What a form does not look at is as if it had not been said, so that it makes no variant.
void Forget(FeedQuery& query) {
  const FeedQuery given = std::move(query);
  query = {.form = given.form,
           .start = given.start,
           .count = given.count,
           .descending = given.descending,
           .summarise = given.summarise};
  switch (given.form) {
    case Form::panosurl:
      query.strip_port = given.strip_port;
      query.no_slash = given.no_slash;
      break;
    case Form::csv:
      query.header = given.header;
      query.bom = given.bom;
      query.columns = given.columns;
      if (query.columns.empty()) query.columns = {{"indicator", "indicator"}};
      break;
    case Form::mwg: query.ips_only = given.ips_only; break;
    case Form::bluecoat: query.categories = given.categories; break;
    case Form::own:
    case Form::json:
    case Form::json_seq: break;
  }
}

}  // namespace

Result<FeedQuery> ReadFeedQuery(std::string_view text) {
  FeedQuery query;
  for (const auto& [name, value] : platform::ReadUrlQuery(text)) {
    if (auto ok = Take(name, value, query); !ok) return tl::unexpected(std::move(ok.error()));
  }
  Forget(query);
  if (query.form == Form::bluecoat && query.categories.empty()) {
    return policy::Fail(policy::ErrorCode::malformed_input,
                        "v=bluecoat needs cd, the category: no entry here has one of its own");
  }
  return query;
}

}  // namespace exporters::http_list
