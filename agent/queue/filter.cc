#include "agent/queue/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/domain.h"
#include "policy/indicator.h"
#include "policy/ip_prefix.h"

namespace agent::queue {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;
using store::ProposalQuery;

struct Known {
  TimePoint now;
  const Present& present;
};

struct Term {
  std::size_t column;  // from 1
  std::string field;   // empty for a bare word
  std::string op;      // ":", ">=", "<=", ">", "<"; empty for a bare word
  std::string value;
};

tl::unexpected<policy::Error> FailAt(std::size_t column, const std::string& what) {
  return Fail(ErrorCode::malformed_input, "filter, column " + std::to_string(column) + ": " + what);
}

bool IsFieldCharacter(char c) {
  return c >= 'a' && c <= 'z';
}

std::string ReadOperator(std::string_view rest) {
  for (const std::string_view op : {">=", "<=", ":", ">", "<"}) {
    if (rest.starts_with(op)) return std::string(op);
  }
  return "";
}

// Splits at spaces outside quotes.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // None at the end.
  Result<std::optional<Term>> Next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ == text_.size()) return std::optional<Term>();
    Term term{at_ + 1, "", "", ""};
    std::size_t end = at_;
    while (end < text_.size() && IsFieldCharacter(text_[end])) ++end;
    const std::string op = ReadOperator(text_.substr(end));
    // "http://x" is a text to look for, not a field named "http".
    if (end > at_ && !op.empty() && !text_.substr(end).starts_with("://")) {
      term.field = text_.substr(at_, end - at_);
      term.op = op;
      at_ = end + op.size();
    }
    auto value = ReadValue();
    if (!value) return tl::unexpected(value.error());
    term.value = std::move(*value);
    return std::optional<Term>(std::move(term));
  }

 private:
  Result<std::string> ReadValue() {
    const std::size_t start = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      const std::size_t close = text_.find('"', at_ + 1);
      if (close == std::string_view::npos) return FailAt(start + 1, "the quote is not closed");
      at_ = close + 1;
      return std::string(text_.substr(start + 1, close - start - 1));
    }
    at_ = std::min(text_.find(' ', at_), text_.size());
    return std::string(text_.substr(start, at_ - start));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<void> SetKind(const Term& term, const Known&, ProposalQuery& query) {
  auto kind = policy::ParseKind(term.value);
  if (!kind) return FailAt(term.column, kind.error().detail);
  query.kind = *kind;
  return {};
}

Result<void> SetState(const Term& term, const Known&, ProposalQuery& query) {
  auto state = store::ParseProposalState(term.value);
  if (!state) return FailAt(term.column, state.error().detail);
  query.states.push_back(*state);
  return {};
}

Result<void> SetWithin(const Term& term, const Known&, ProposalQuery& query) {
  if (auto prefix = policy::IpPrefix::Parse(term.value)) {
    query.within_prefix = *prefix;
    return {};
  }
  auto domain = policy::Domain::Parse(term.value);
  if (!domain) return FailAt(term.column, domain.error().detail);
  query.within = domain->name();
  return {};
}

template <std::optional<bool> ProposalQuery::*member>
Result<void> SetYesOrNo(const Term& term, const Known&, ProposalQuery& query) {
  if (term.value != "yes" && term.value != "no") {
    return FailAt(term.column, term.field + ": takes yes or no");
  }
  query.*member = term.value == "yes";
  return {};
}

template <std::string ProposalQuery::*member>
Result<void> SetText(const Term& term, const Known&, ProposalQuery& query) {
  query.*member = term.value;
  return {};
}

// What an ordered term asks for, both ends included.
struct Range {
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
};

Result<Range> RangeOf(const Term& term, std::int64_t value_max, const std::string& what) {
  std::int64_t value = 0;
  const char* const end = term.value.data() + term.value.size();
  const auto [stop, error] = std::from_chars(term.value.data(), end, value);
  if (error != std::errc() || stop != end || value < 0 || value > value_max) {
    return FailAt(term.column, what);
  }
  Range range;
  if (term.op == ">=" || term.op == ":") range.min = value;
  if (term.op == ">") range.min = value + 1;
  if (term.op == "<=" || term.op == ":") range.max = value;
  if (term.op == "<") range.max = value - 1;
  return range;
}

Result<void> SetConfidence(const Term& term, const Known&, ProposalQuery& query) {
  const auto range = RangeOf(term, 100, "confidence is a number from 0 to 100");
  if (!range) return tl::unexpected(range.error());
  if (range->min) query.confidence_min = static_cast<int>(*range->min);
  if (range->max) query.confidence_max = static_cast<int>(*range->max);
  return {};
}

Result<void> SetHits(const Term& term, const Known&, ProposalQuery& query) {
  const auto range = RangeOf(term, 1'000'000'000, "hits is a number from 0 to 1000000000");
  if (!range) return tl::unexpected(range.error());
  if (range->min) query.hits_min = *range->min;
  if (range->max) query.hits_max = *range->max;
  return {};
}

Result<void> SetAge(const Term& term, const Known& known, ProposalQuery& query) {
  const auto age = policy::ParseDuration(term.value);
  if (!age) return FailAt(term.column, age.error().detail);
  if (term.op == ":") return FailAt(term.column, "age takes < or >, as in age<2h");
  // Younger is later.
  (term.op[0] == '<' ? query.proposed_from : query.proposed_to) = known.now - *age;
  return {};
}

Result<void> SetClients(const Term& term, const Known& known, ProposalQuery& query) {
  const auto range = RangeOf(term, 1'000'000'000, "clients is a number from 0 to 1000000000");
  if (!range) return tl::unexpected(range.error());
  if (!known.present.clients_of) {
    return FailAt(term.column,
                  "clients is for the queue only, and where a log of our own traffic is followed");
  }
  if (range->min) query.clients_min = *range->min;
  if (range->max) query.clients_max = *range->max;
  query.clients_of = known.present.clients_of;
  return {};
}

Result<void> SetRequests(const Term& term, const Known& known, ProposalQuery& query) {
  if (term.value != "yes") return FailAt(term.column, "requests takes yes only");
  if (!known.present.requested) return FailAt(term.column, "requests is for the queue only");
  auto requested = known.present.requested();
  if (!requested) return tl::unexpected(requested.error());
  query.targets = std::move(*requested);
  return {};
}

struct Field {
  std::string_view name;
  bool is_ordered;  // takes <, <=, >, >= as well as ":"
  Result<void> (*set)(const Term&, const Known&, ProposalQuery&);
};

constexpr std::array<Field, 15> fields{{
    {"kind", false, SetKind},
    {"feed", false, SetText<&ProposalQuery::feed>},
    {"threat", false, SetText<&ProposalQuery::threat>},
    {"malware", false, SetText<&ProposalQuery::malware>},
    {"campaign", false, SetText<&ProposalQuery::campaign>},
    {"reason", false, SetText<&ProposalQuery::reason>},
    {"state", false, SetState},
    {"within", false, SetWithin},
    {"two", false, SetYesOrNo<&ProposalQuery::needs_two>},
    {"online", false, SetYesOrNo<&ProposalQuery::online>},
    {"confidence", true, SetConfidence},
    {"age", true, SetAge},
    {"hits", true, SetHits},
    {"clients", true, SetClients},
    {"requests", false, SetRequests},
}};

std::string FieldNames() {
  std::string names;
  for (const Field& field : fields) {
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

Result<void> SetBareText(const Term& term, ProposalQuery& query) {
  if (!query.text.empty()) {
    return FailAt(term.column,
                  "only one text can be looked for; put it in quotes if it has spaces");
  }
  query.text = term.value;
  return {};
}

Result<void> Set(const Term& term, const Known& known, ProposalQuery& query) {
  if (term.value.empty()) return FailAt(term.column, "a value is missing");
  if (term.field.empty()) return SetBareText(term, query);
  const auto* const field = std::find_if(fields.begin(), fields.end(),
                                         [&](const Field& f) { return f.name == term.field; });
  if (field == fields.end()) {
    return FailAt(term.column, "no field \"" + term.field + "\"; there are " + FieldNames());
  }
  if (!field->is_ordered && term.op != ":") {
    return FailAt(term.column, term.field + " takes only \":\"");
  }
  return field->set(term, known, query);
}

}  // namespace

Result<ProposalQuery> ParseFilter(std::string_view text, TimePoint now, const Present& present) {
  const Known known{now, present};
  ProposalQuery query;
  // Two terms for one field would leave a person guessing which counts; states alone add up.
  std::vector<std::string> seen;
  Lexer lexer(text);
  while (true) {
    auto term = lexer.Next();
    if (!term) return tl::unexpected(term.error());
    if (!*term) break;
    const std::string key = (*term)->field + (*term)->op;
    if (!key.empty() && key != "state:" && std::find(seen.begin(), seen.end(), key) != seen.end()) {
      return FailAt((*term)->column, "\"" + key + "\" is there twice");
    }
    seen.push_back(key);
    if (auto set = Set(**term, known, query); !set) return tl::unexpected(set.error());
  }
  if (query.states.empty()) query.states.push_back(store::ProposalState::pending);
  return query;
}

}  // namespace agent::queue
