#include "agent/feeds/json_rows.h"

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "policy/quote.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Quote;
using policy::Result;

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kRowValuesMax = 10'000;

// Makes one value of the events of a parser.
class RowBuilder {
 public:
  void Key(std::string key) { key_ = std::move(key); }

  void Scalar(Json value) { Put(std::move(value)); }
  void Open(Json container) {
    Json* const place = Put(std::move(container));
    if (place != nullptr) open_.push_back(place);
    ++depth_;
  }
  void Close() {
    if (values_ <= kRowValuesMax) open_.pop_back();
    --depth_;
  }

  bool is_open() const { return depth_ > 0; }
  bool is_too_large() const { return values_ > kRowValuesMax; }
  const Json& row() const { return row_; }
  void Reset() {
    row_ = nullptr;
    open_.clear();
    values_ = 0;
  }

 private:
  // Null once the row is too large: from then on only its depth counts.
  Json* Put(Json value) {
    if (++values_ > kRowValuesMax) return nullptr;
    if (open_.empty()) return &(row_ = std::move(value));
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  Json row_;
  std::vector<Json*> open_;  // containers within row_, innermost last
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
  std::string key_;
};

// Finds the rows among the events of a parser.
class RowFinder final : public nlohmann::json_sax<Json> {
 public:
  RowFinder(const JsonRowsAt& at, JsonSink& sink) : at_(at), sink_(sink) {}

  bool null() override { return Scalar(nullptr); }
  bool boolean(bool value) override { return Scalar(value); }
  bool number_integer(number_integer_t value) override { return Scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return Scalar(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return Scalar(value);
  }
  bool string(string_t& value) override { return Scalar(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return Stop("it holds binary values"); }
  bool start_object(std::size_t /*size*/) override { return Open(Json::object()); }
  bool start_array(std::size_t /*size*/) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    if (builder_.is_open()) {
      builder_.Key(std::move(name));
    } else {
      open_.back().key = std::move(name);
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Stop("it is no JSON from byte " + std::to_string(position) +
                " on: it was cut short, or is something else");
  }

  // Once parsing has ended.
  Result<void> Outcome() const {
    if (error_) return Fail(ErrorCode::malformed_input, *error_);
    if (!found_ && !sink_.full()) {
      return Fail(ErrorCode::malformed_input,
                  "the file has no array or object at " + PathText() +
                      ", where its rows should be: check the feed's URL and format");
    }
    return {};
  }

 private:
  // What a value is to the rows.
  enum class Role : std::uint8_t { leads_to_rows, rows, group, row, other };

  struct Container {
    Role role;
    bool is_array;
    std::size_t count = 0;  // of its values so far
    std::string key;        // of the value to come, in an object
  };

  std::string PathText() const {
    if (at_.path.empty()) return "its top";
    std::string text;
    for (const std::string& token : at_.path) text += "/" + token;
    return Quote(text);
  }

  bool Stop(std::string why) {
    error_ = std::move(why);
    return false;
  }

  // Of the value that comes now.
  Role NextRole(bool is_array) {
    if (open_.empty()) return at_.path.empty() ? Role::rows : Role::leads_to_rows;
    Container& parent = open_.back();
    const std::size_t index = parent.count++;
    switch (parent.role) {
      case Role::rows:
        row_key_ = parent.key;
        return at_.are_grouped && is_array ? Role::group : Role::row;
      case Role::group: return Role::row;
      case Role::leads_to_rows: {
        const std::string& token = at_.path[open_.size() - 1];
        if (token != (parent.is_array ? std::to_string(index) : parent.key)) return Role::other;
        return open_.size() == at_.path.size() ? Role::rows : Role::leads_to_rows;
      }
      case Role::row:
      case Role::other: break;
    }
    return Role::other;
  }

  bool Scalar(Json value) {
    if (builder_.is_open()) {
      builder_.Scalar(std::move(value));
    } else if (NextRole(false) == Role::row) {
      builder_.Scalar(std::move(value));
      return EndRow();
    }
    return true;
  }

  bool Open(Json container) {
    if (++depth_ > kDepthMax) {
      return Stop("it is nested deeper than " + std::to_string(kDepthMax) + " levels");
    }
    if (builder_.is_open()) {
      builder_.Open(std::move(container));
      return true;
    }
    const bool is_array = container.is_array();
    const Role role = NextRole(is_array);
    if (role == Role::row) {
      builder_.Open(std::move(container));
    } else {
      found_ = found_ || role == Role::rows;
      open_.push_back({role, is_array, 0, {}});
    }
    return true;
  }

  bool Close() {
    --depth_;
    if (!builder_.is_open()) {
      open_.pop_back();
      return true;
    }
    builder_.Close();
    return builder_.is_open() || EndRow();
  }

  bool EndRow() {
    ++rows_;
    if (builder_.is_too_large()) {
      sink_.Broken(rows_, "more than 10 000 values");
    } else {
      sink_.Row(rows_, row_key_, builder_.row());
    }
    builder_.Reset();
    return !sink_.full();
  }

  const JsonRowsAt& at_;
  JsonSink& sink_;
  RowBuilder builder_;
  std::vector<Container> open_;  // outside of rows
  std::size_t depth_ = 0;
  std::size_t rows_ = 0;
  std::string row_key_;
  bool found_ = false;
  std::optional<std::string> error_;
};

// RFC 6901: no leading zeros.
std::optional<std::size_t> IndexOf(std::string_view token) {
  std::size_t index = 0;
  const char* const end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, index);
  const bool is_index =
      error == std::errc{} && stop == end && (token.size() == 1 || token[0] != '0');
  return is_index ? std::optional(index) : std::nullopt;
}

}  // namespace

Result<JsonPath> ParseJsonPointer(std::string_view text) {
  JsonPath path;
  if (text.empty()) return path;
  if (text.front() != '/') {
    return Fail(ErrorCode::malformed_input,
                Quote(text) + " is no JSON pointer: write /name/name, or \"\" for the whole");
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      path.emplace_back();
    } else if (text[i] != '~') {
      path.back() += text[i];
    } else if (i + 1 < text.size() && (text[i + 1] == '0' || text[i + 1] == '1')) {
      path.back() += text[++i] == '0' ? '~' : '/';
    } else {
      return Fail(ErrorCode::malformed_input,
                  Quote(text) + " is no JSON pointer: in a name, \"~\" is written ~0 and \"/\" ~1");
    }
  }
  return path;
}

Result<void> ReadJsonRows(std::string_view text, const JsonRowsAt& at, JsonSink& sink) {
  RowFinder finder(at, sink);
  (void)Json::sax_parse(text.begin(), text.end(), &finder);
  return finder.Outcome();
}

const Json* FindInJson(const Json& row, const JsonPath& path) {
  const Json* at = &row;
  for (const std::string& token : path) {
    if (at->is_object()) {
      const auto member = at->find(token);
      if (member == at->end()) return nullptr;
      at = &*member;
    } else {
      const auto index = IndexOf(token);
      if (!at->is_array() || !index || *index >= at->size()) return nullptr;
      at = &(*at)[*index];
    }
  }
  return at;
}

std::string TextOfJson(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string: return value.get<std::string>();
    case Json::value_t::boolean: return value.get<bool>() ? "true" : "false";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float: return value.dump();
    case Json::value_t::array: break;
    default: return {};
  }
  std::string text;
  for (const Json& each : value) {
    if (each.is_structured() || each.is_null()) continue;
    if (!text.empty()) text += ',';
    text += TextOfJson(each);
  }
  return text;
}

}  // namespace agent::feeds
