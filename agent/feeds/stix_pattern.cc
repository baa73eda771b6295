#include "agent/feeds/stix_pattern.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/feeds/stix_lexer.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using Kind = StixToken::Kind;
using Token = StixToken;

struct OperatorName {
  std::string_view name;
  StixOperator op;
};
constexpr std::array<OperatorName, 12> kOperators{{{"=", StixOperator::equal},
                                                   {"==", StixOperator::equal},
                                                   {"!=", StixOperator::not_equal},
                                                   {"<>", StixOperator::not_equal},
                                                   {"<", StixOperator::less},
                                                   {"<=", StixOperator::less_or_equal},
                                                   {">", StixOperator::greater},
                                                   {">=", StixOperator::greater_or_equal},
                                                   {"LIKE", StixOperator::like},
                                                   {"MATCHES", StixOperator::matches},
                                                   {"ISSUBSET", StixOperator::is_subset},
                                                   {"ISSUPERSET", StixOperator::is_superset}}};

bool TakesStringOnly(StixOperator op) {
  return op == StixOperator::like || op == StixOperator::matches || op == StixOperator::is_subset ||
         op == StixOperator::is_superset;
}

bool TakesBool(StixOperator op) {
  return op == StixOperator::equal || op == StixOperator::not_equal || op == StixOperator::in;
}

bool HasHyphen(const std::string& word) {
  return word.find('-') != std::string::npos;
}

// Recursive descent over the grammar of OASIS. Chains of one operator are flat, so that only
// parentheses make it recurse.
class Parser {
 public:
  Parser(std::vector<Token> tokens, StixVersion version)
      : tokens_(std::move(tokens)), version_(version) {}

  Result<StixObservation> Run() {
    auto pattern = FollowedBy();
    if (pattern && Peek().kind != Kind::end) return Unexpected("the end of the pattern");
    return pattern;
  }

 private:
  const Token& Peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool Is(Kind kind, std::string_view text, std::size_t ahead = 0) const {
    return Peek(ahead).kind == kind && Peek(ahead).text == text;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (!Is(Kind::symbol, symbol)) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!Is(Kind::word, word)) return false;
    ++at_;
    return true;
  }
  std::string TakeText() { return std::move(tokens_[at_++].text); }

  tl::unexpected<policy::Error> Unexpected(std::string_view wanted) const {
    const std::string found =
        Peek().kind == Kind::end ? "the pattern ends" : "there is " + policy::Quote(Peek().text);
    return FailAtColumn(Peek().column, found + " instead of " + std::string(wanted));
  }

  // `item (WORD item)*`, flat.
  template <class Node>
  Result<Node> Chain(Result<Node> (Parser::*item)(), std::string_view word,
                     typename Node::Kind kind) {
    auto first = (this->*item)();
    if (!first || !Is(Kind::word, word)) return first;
    Node chain;
    chain.kind = kind;
    chain.parts.push_back(*std::move(first));
    while (TakeWord(word)) {
      auto next = (this->*item)();
      if (!next) return next;
      chain.parts.push_back(*std::move(next));
    }
    return chain;
  }

  // `what` within parentheses; the opening one is taken.
  template <class Node>
  Result<Node> Inside(Result<Node> (Parser::*what)()) {
    if (++depth_ > stix_pattern_depth_max) {
      return Fail(ErrorCode::exhausted, "the pattern's parentheses are more than " +
                                            std::to_string(stix_pattern_depth_max) + " deep");
    }
    auto inside = (this->*what)();
    --depth_;
    if (inside && !TakeSymbol(")")) return Unexpected("\")\"");
    return inside;
  }

  Result<StixObservation> FollowedBy() {
    return Chain(&Parser::ObservationOr, "FOLLOWEDBY", StixObservation::Kind::followed_by);
  }
  Result<StixObservation> ObservationOr() {
    return Chain(&Parser::ObservationAnd, "OR", StixObservation::Kind::any_of);
  }
  Result<StixObservation> ObservationAnd() {
    return Chain(&Parser::Observation, "AND", StixObservation::Kind::all_of);
  }

  Result<StixObservation> Observation() {
    if (TakeSymbol("(")) {
      auto inside = Inside(&Parser::FollowedBy);
      return inside ? Qualified(*std::move(inside), false) : std::move(inside);
    }
    if (!TakeSymbol("[")) return Unexpected("\"[\" or \"(\"");
    auto test = TestOr();
    if (!test) return tl::unexpected(std::move(test.error()));
    if (!TakeSymbol("]")) return Unexpected("\"]\", AND or OR");
    StixObservation observation;
    observation.test = *std::move(test);
    return Qualified(std::move(observation), version_ == StixVersion::v21);
  }

  // OASIS's own validator takes repeated qualifiers after parentheses, and so do we.
  Result<StixObservation> Qualified(StixObservation observation, bool each_once) {
    const std::size_t before = observation.qualifiers.size();
    for (;;) {
      const std::size_t column = Peek().column;
      auto qualifier = Qualifier();
      if (!qualifier) return tl::unexpected(std::move(qualifier.error()));
      if (!*qualifier) return observation;
      for (std::size_t i = before; each_once && i < observation.qualifiers.size(); ++i) {
        if (observation.qualifiers[i].kind == (*qualifier)->kind) {
          return FailAtColumn(column, "the same qualifier is there twice");
        }
      }
      observation.qualifiers.push_back(**std::move(qualifier));
    }
  }

  Result<std::optional<StixQualifier>> Qualifier() {
    if (TakeWord("START")) return StartStop();
    if (TakeWord("WITHIN")) {
      const bool is_number = Peek().kind == Kind::integer || Peek().kind == Kind::real;
      if (!is_number || Peek().text.starts_with('-')) return Unexpected("a number of seconds");
      StixQualifier within{StixQualifier::Kind::within, {TakeText()}};
      if (!TakeWord("SECONDS")) return Unexpected("SECONDS");
      return within;
    }
    if (TakeWord("REPEATS")) {
      if (Peek().kind != Kind::integer || Peek().text.starts_with('-')) {
        return Unexpected("a number of times");
      }
      StixQualifier repeats{StixQualifier::Kind::repeats, {TakeText()}};
      if (!TakeWord("TIMES")) return Unexpected("TIMES");
      return repeats;
    }
    return std::optional<StixQualifier>();
  }

  Result<std::optional<StixQualifier>> StartStop() {
    StixQualifier window{StixQualifier::Kind::start_stop, {}};
    if (Peek().kind != Kind::timestamp) return Unexpected("a time");
    window.values.push_back(TakeText());
    if (!TakeWord("STOP")) return Unexpected("STOP");
    if (Peek().kind != Kind::timestamp) return Unexpected("a time");
    window.values.push_back(TakeText());
    return window;
  }

  Result<StixTest> TestOr() { return Chain(&Parser::TestAnd, "OR", StixTest::Kind::any_of); }
  Result<StixTest> TestAnd() { return Chain(&Parser::Test, "AND", StixTest::Kind::all_of); }

  Result<StixTest> Test() {
    if (TakeSymbol("(")) return Inside(&Parser::TestOr);
    StixTest test;
    if (IsExists()) {
      test.comparison.negated = TakeWord("NOT");
      ++at_;
      test.comparison.op = StixOperator::exists;
      auto path = Path();
      if (!path) return tl::unexpected(std::move(path.error()));
      test.comparison.path = *std::move(path);
      return test;
    }
    auto path = Path();
    if (!path) return tl::unexpected(std::move(path.error()));
    test.comparison.path = *std::move(path);
    test.comparison.negated = TakeWord("NOT");
    if (auto good = OperatorAndValues(test.comparison); !good) {
      return tl::unexpected(std::move(good.error()));
    }
    return test;
  }

  // An object type may be called "EXISTS", and then a colon follows.
  bool IsExists() const {
    if (version_ == StixVersion::v20) return false;
    const std::size_t at = Is(Kind::word, "NOT") ? 1 : 0;
    return Is(Kind::word, "EXISTS", at) && !Is(Kind::symbol, ":", at + 1);
  }

  Result<StixPath> Path() {
    if (Peek().kind != Kind::word) return Unexpected("an object path as domain-name:value");
    StixPath path{TakeText(), {}};
    if (!TakeSymbol(":")) return Unexpected("\":\" after the object's type");
    if (auto good = KeyStep(path); !good) return tl::unexpected(std::move(good.error()));
    for (;;) {
      Result<void> good;
      if (TakeSymbol(".")) {
        good = KeyStep(path);
      } else if (TakeSymbol("[")) {
        good = IndexStep(path);
      } else {
        return path;
      }
      if (!good) return tl::unexpected(std::move(good.error()));
    }
  }

  Result<void> KeyStep(StixPath& path) {
    const bool is_key =
        Peek().kind == Kind::string || (Peek().kind == Kind::word && !HasHyphen(Peek().text));
    if (!is_key) return Unexpected("a property's name (in quotes if it has a hyphen)");
    path.steps.push_back({StixPathStep::Kind::key, TakeText()});
    return {};
  }

  Result<void> IndexStep(StixPath& path) {
    if (TakeSymbol("*")) {
      path.steps.push_back({StixPathStep::Kind::any, {}});
    } else if (Peek().kind == Kind::integer) {
      path.steps.push_back({StixPathStep::Kind::index, TakeText()});
    } else {
      return Unexpected("a number or \"*\"");
    }
    if (!TakeSymbol("]")) return Unexpected("\"]\"");
    return {};
  }

  Result<void> OperatorAndValues(StixComparison& comparison) {
    if (TakeWord("IN")) {
      comparison.op = StixOperator::in;
      return Set(comparison.values);
    }
    const bool may_be = Peek().kind == Kind::word || Peek().kind == Kind::symbol;
    const auto known =
        std::find_if(kOperators.begin(), kOperators.end(),
                     [&](const OperatorName& each) { return each.name == Peek().text; });
    if (!may_be || known == kOperators.end()) return Unexpected("a comparison as \"=\" or IN");
    ++at_;
    comparison.op = known->op;
    if (TakesStringOnly(comparison.op) && Peek().kind != Kind::string) {
      return Unexpected("a text in quotes");
    }
    return Value(comparison.values, TakesBool(comparison.op));
  }

  Result<void> Set(std::vector<StixLiteral>& values) {
    if (!TakeSymbol("(")) return Unexpected("\"(\"");
    if (TakeSymbol(")")) return {};
    do {
      if (auto good = Value(values, true); !good) return good;
    } while (TakeSymbol(","));
    if (!TakeSymbol(")")) return Unexpected("\",\" or \")\"");
    return {};
  }

  Result<void> Value(std::vector<StixLiteral>& values, bool may_be_bool) {
    using Literal = StixLiteral::Kind;
    const auto add = [&](Literal kind) -> Result<void> {
      values.push_back({kind, TakeText()});
      return {};
    };
    switch (Peek().kind) {
      case Kind::string: return add(Literal::string);
      case Kind::integer: return add(Literal::integer);
      case Kind::real: return add(Literal::real);
      case Kind::timestamp: return add(Literal::timestamp);
      case Kind::hex: return add(Literal::hex);
      case Kind::binary: return add(Literal::binary);
      case Kind::word:
        if (may_be_bool && (Peek().text == "true" || Peek().text == "false")) {
          return add(Literal::boolean);
        }
        [[fallthrough]];
      default: return Unexpected("a value (texts in quotes)");
    }
  }

  std::vector<Token> tokens_;
  StixVersion version_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

bool IsPlainKey(const std::string& key) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !key.empty() && !(key[0] >= '0' && key[0] <= '9') &&
         std::all_of(key.begin(), key.end(), fits);
}

std::string QuotedKey(const std::string& key) {
  std::string quoted = "'";
  for (const char c : key) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string StixPath::ToString() const {
  std::string text = object_type + ":";
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const StixPathStep& step = steps[i];
    switch (step.kind) {
      case StixPathStep::Kind::key:
        text += i == 0 ? "" : ".";
        text += IsPlainKey(step.key) ? step.key : QuotedKey(step.key);
        break;
      case StixPathStep::Kind::index: text += "[" + step.key + "]"; break;
      case StixPathStep::Kind::any: text += "[*]"; break;
    }
  }
  return text;
}

Result<StixObservation> ParseStixPattern(std::string_view pattern, StixVersion version) {
  if (pattern.size() > stix_pattern_size_max) {
    return Fail(ErrorCode::exhausted, "the pattern is longer than 256 KiB");
  }
  auto tokens = LexStixPattern(pattern);
  if (!tokens) return tl::unexpected(std::move(tokens.error()));
  return Parser(*std::move(tokens), version).Run();
}

}  // namespace agent::feeds
