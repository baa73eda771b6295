#include "agent/feeds/stix_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Result;
using Kind = StixToken::Kind;

// The longer ones first, so that "<=" is not "<".
constexpr std::array<std::string_view, 18> kSymbols{
    "==", "!=", "<>", "<=", ">=", "=", "<", ">", "[", "]", "(", ")", ",", ":", ".", "*", "+", "-"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsWordStart(char c) {
  return IsLetter(c) || c == '_';
}
bool IsInWord(char c) {
  return IsWordStart(c) || IsDigit(c) || c == '-';
}
bool IsBase64Char(char c) {
  return IsLetter(c) || IsDigit(c) || c == '+' || c == '/';
}

// Whole groups of four, of which the last may be padded.
bool IsBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(), IsBase64Char);
}

bool IsHex(std::string_view text) {
  return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), IsHexDigit);
}

// Two digits that make a number from `min` to `max`.
bool IsIn(std::string_view digits, int min, int max) {
  if (!IsDigit(digits[0]) || !IsDigit(digits[1])) return false;
  const int value = (digits[0] - '0') * 10 + (digits[1] - '0');
  return value >= min && value <= max;
}

// As the grammar has it: a 30th of February is one, a 13th month is none.
bool IsTimestamp(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= shape.size() || !text.ends_with('Z')) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 'd' ? !IsDigit(text[i]) : text[i] != shape[i]) return false;
  }
  std::string_view fraction = text.substr(shape.size(), text.size() - shape.size() - 1);
  if (fraction.starts_with('.')) {
    fraction.remove_prefix(1);
    if (fraction.empty()) return false;
  } else if (!fraction.empty()) {
    return false;
  }
  return std::all_of(fraction.begin(), fraction.end(), IsDigit) && IsIn(text.substr(5, 2), 1, 12) &&
         IsIn(text.substr(8, 2), 1, 31) && IsIn(text.substr(11, 2), 0, 23) &&
         IsIn(text.substr(14, 2), 0, 59) && IsIn(text.substr(17, 2), 0, 60);
}

class Lexer {
 public:
  explicit Lexer(std::string_view pattern) : pattern_(pattern) {}

  Result<std::vector<StixToken>> Run() {
    for (SkipBlanks(); at_ < pattern_.size(); SkipBlanks()) {
      if (auto good = TakeToken(); !good) return tl::unexpected(std::move(good.error()));
    }
    Add(Kind::end, at_, {});
    return std::move(tokens_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
  }

  void SkipBlanks() {
    while (at_ < pattern_.size()) {
      const std::string_view rest = pattern_.substr(at_);
      if (std::string_view(" \t\r\n\f\v").find(rest[0]) != std::string_view::npos) {
        ++at_;
      } else if (rest.starts_with("\xc2\xa0")) {  // no-break space, which the grammar takes too
        at_ += 2;
      } else {
        return;
      }
    }
  }

  void Add(Kind kind, std::size_t from, std::string text) {
    tokens_.push_back({kind, from + 1, std::move(text)});
  }

  Result<void> TakeToken() {
    if (Peek() == '\'') return TakeQuoted(Kind::string, at_);
    if (Peek(1) == '\'' && (Peek() == 't' || Peek() == 'h' || Peek() == 'b')) {
      const Kind kind = Peek() == 't' ? Kind::timestamp : Peek() == 'h' ? Kind::hex : Kind::binary;
      return TakeQuoted(kind, at_++);
    }
    if (IsWordStart(Peek())) return TakeWord();
    if (StartsNumber()) return TakeNumber();
    for (const std::string_view symbol : kSymbols) {
      if (!pattern_.substr(at_).starts_with(symbol)) continue;
      Add(Kind::symbol, at_, std::string(symbol));
      at_ += symbol.size();
      return {};
    }
    return FailAtColumn(at_ + 1,
                        policy::Quote(pattern_.substr(at_, 1)) + " has no place in a pattern");
  }

  Result<void> TakeWord() {
    const std::size_t from = at_;
    while (IsInWord(Peek())) ++at_;
    Add(Kind::word, from, std::string(pattern_.substr(from, at_ - from)));
    return {};
  }

  bool StartsNumber() const {
    const std::size_t sign = Peek() == '+' || Peek() == '-' ? 1 : 0;
    return IsDigit(Peek(sign)) || (Peek(sign) == '.' && IsDigit(Peek(sign + 1)));
  }

  Result<void> TakeNumber() {
    const std::size_t from = at_;
    if (!IsDigit(Peek()) && Peek() != '.') ++at_;
    const std::size_t digits = at_;
    while (IsDigit(Peek())) ++at_;
    const bool is_real = Peek() == '.' && IsDigit(Peek(1));
    if (is_real) {
      for (++at_; IsDigit(Peek());) ++at_;
    } else if (pattern_[digits] == '0' && at_ - digits > 1) {
      return FailAtColumn(from + 1, "a whole number has no leading zeros");
    }
    Add(is_real ? Kind::real : Kind::integer, from, std::string(pattern_.substr(from, at_ - from)));
    // "12ab" is a string that lacks its quotes.
    if (IsInWord(Peek())) return FailAtColumn(from + 1, "text has to be in quotes");
    return {};
  }

  // `at_` is on the opening quote.
  Result<void> TakeQuoted(Kind kind, std::size_t from) {
    std::string text;
    for (++at_; at_ < pattern_.size() && pattern_[at_] != '\''; ++at_) {
      if (pattern_[at_] == '\\') {
        if (Peek(1) != '\\' && Peek(1) != '\'') {
          return FailAtColumn(at_ + 1, "a backslash may only come before a quote or a backslash");
        }
        ++at_;
      }
      text += pattern_[at_];
    }
    if (at_ == pattern_.size()) return FailAtColumn(from + 1, "the quote is never closed");
    ++at_;
    if (kind == Kind::timestamp && !IsTimestamp(text)) {
      return FailAtColumn(from + 1, "not a time as t'2026-01-31T12:00:00Z'");
    }
    if (kind == Kind::hex && !IsHex(text)) return FailAtColumn(from + 1, "not hexadecimal");
    if (kind == Kind::binary && !IsBase64(text)) return FailAtColumn(from + 1, "not Base64");
    Add(kind, from, std::move(text));
    return {};
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::vector<StixToken> tokens_;
};

}  // namespace

Result<std::vector<StixToken>> LexStixPattern(std::string_view pattern) {
  return Lexer(pattern).Run();
}

tl::unexpected<policy::Error> FailAtColumn(std::size_t column, std::string_view what) {
  return policy::Fail(ErrorCode::malformed_input,
                      "at column " + std::to_string(column) + ": " + std::string(what));
}

}  // namespace agent::feeds
