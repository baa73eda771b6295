#include "agent/feeds/zone_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "policy/ascii.h"

namespace agent::feeds {
namespace {

constexpr std::string_view kOriginUnknown = "zone.";
constexpr std::size_t kWordsMax = 1000;        // of one record; real TXT data has a few
constexpr std::size_t kNameSizeMax = 4 * 255;  // every octet escaped, as \\DDD

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

// What stands on one line, or on several in parentheses.
struct Statement {
  std::size_t line = 0;
  bool owner_left_out = false;
  std::vector<std::string> words;
};

// Splits lines into statements.
class Lexer {
 public:
  // Whether a statement is complete after this line.
  bool Push(std::size_t number, std::string_view line) {
    if (depth_ == 0) statement_ = {number, !line.empty() && IsBlank(line.front()), {}};
    while (!line.empty() && fault_.empty()) TakeNext(line);
    return depth_ == 0;
  }
  const Statement& statement() const { return statement_; }
  std::string TakeFault() { return std::exchange(fault_, {}); }
  bool is_open() const { return depth_ > 0; }
  void Reset() { depth_ = 0; }

 private:
  void TakeNext(std::string_view& line) {
    const char c = line.front();
    if (c == ';') {
      line = {};
    } else if (IsBlank(c)) {
      line.remove_prefix(1);
    } else if (c == '(') {
      if (++depth_ > 1) Fault("parentheses");
      line.remove_prefix(1);
    } else if (c == ')') {
      if (--depth_ < 0) Fault("parentheses");
      line.remove_prefix(1);
    } else {
      TakeWord(line);
    }
  }

  void TakeWord(std::string_view& line) {
    const bool quoted = line.front() == '"';
    std::size_t end = quoted ? 1 : 0;
    for (; end < line.size(); ++end) {
      const char c = line[end];
      if (c == '\\') {
        ++end;  // whatever follows is part of the word
      } else if (quoted ? c == '"' : (IsBlank(c) || c == ';' || c == '(' || c == ')')) {
        break;
      }
    }
    if (quoted && end >= line.size()) return Fault("open quote");
    end = std::min(end + (quoted ? 1 : 0), line.size());
    if (statement_.words.size() == kWordsMax) return Fault("too many words");
    statement_.words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }

  void Fault(std::string_view reason) {
    fault_ = reason;
    depth_ = 0;
  }

  int depth_ = 0;
  Statement statement_;
  std::string fault_;
};

bool IsClass(std::string_view word) {
  return policy::EqualsIgnoringCase(word, "IN") || policy::EqualsIgnoringCase(word, "CH") ||
         policy::EqualsIgnoringCase(word, "HS");
}

// "3600", "1h30m".
bool IsTtl(std::string_view word) {
  return !word.empty() && policy::IsDigit(word.front()) &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return policy::IsDigit(c) ||
                  std::string_view("smhdw").find(policy::ToLower(c)) != std::string_view::npos;
         });
}

bool IsType(std::string_view word) {
  return !word.empty() && policy::IsLetter(word.front()) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return policy::IsLetter(c) || policy::IsDigit(c) || c == '-'; });
}

std::string Upper(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return upper;
}

class Reader {
 public:
  Reader(std::string_view origin, ZoneSink& sink)
      : origin_(origin.empty() ? kOriginUnknown : origin),
        origin_is_known_(!origin.empty()),
        zone_(origin_),
        sink_(sink) {}

  void Line(std::size_t number, std::string_view line) {
    if (sink_.full()) return;
    if (const std::string_view fault = LineFault(line); !fault.empty()) {
      lexer_.Reset();
      return sink_.Broken(number, fault);
    }
    const bool complete = lexer_.Push(number, line);
    if (!lexer_.TakeFault().empty()) {
      return sink_.Broken(number, "parentheses or quotes don't close");
    }
    if (complete && !lexer_.statement().words.empty()) Take(lexer_.statement());
  }

  std::string Finish() && {
    if (lexer_.is_open()) {
      sink_.Broken(lexer_.statement().line, "parentheses or quotes don't close");
    }
    return std::move(zone_);
  }

 private:
  void Take(const Statement& statement) {
    const std::string& first = statement.words.front();
    if (first.starts_with('$') && !statement.owner_left_out) return Directive(statement);
    if (!statement.owner_left_out) owner_ = WholeName(first, origin_);
    if (owner_.size() > kNameSizeMax) return sink_.Broken(statement.line, "name too long");
    std::size_t at = statement.owner_left_out ? 0 : 1;
    while (at < statement.words.size() &&
           (IsTtl(statement.words[at]) || IsClass(statement.words[at]))) {
      ++at;
    }
    if (owner_.empty()) return sink_.Broken(statement.line, "no owner before it");
    if (at >= statement.words.size() || !IsType(statement.words[at])) {
      return sink_.Broken(statement.line, "no record type");
    }
    ZoneRecord record{statement.line, owner_, Upper(statement.words[at]), {}};
    record.rdata.assign(statement.words.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        statement.words.end());
    if (record.type == "SOA") NoteZone(record.owner);
    for (std::string& word : record.rdata) {
      if (record.type == "CNAME") word = WholeName(word, origin_);
    }
    sink_.Record(record);
  }

  void Directive(const Statement& statement) {
    const std::string name = Upper(statement.words.front());
    if (name == "$TTL") return;
    if (name == "$ORIGIN" && statement.words.size() > 1) {
      std::string origin = WholeName(statement.words[1], origin_);
      // Else a file that repeats "$ORIGIN a" grows in memory by the square.
      if (origin.size() > kNameSizeMax) return sink_.Broken(statement.line, "name too long");
      origin_ = std::move(origin);
      if (!seen_soa_ && !origin_is_known_) zone_ = origin_;
      origin_is_known_ = true;
      return;
    }
    if (name == "$INCLUDE") return sink_.Broken(statement.line, "$INCLUDE");
    if (name == "$GENERATE") return sink_.Broken(statement.line, "$GENERATE");
    sink_.Broken(statement.line, "unknown directive");
  }

  void NoteZone(const std::string& owner) {
    if (std::exchange(seen_soa_, true)) return;
    zone_ = owner;
    if (!std::exchange(origin_is_known_, true)) origin_ = owner;
  }

  Lexer lexer_;
  std::string origin_;
  bool origin_is_known_;
  bool seen_soa_ = false;
  std::string zone_;
  std::string owner_;
  ZoneSink& sink_;
};

}  // namespace

std::string WholeName(std::string_view name, std::string_view origin) {
  if (name == "@") return std::string(origin);
  std::string whole(name);
  if (whole.ends_with('.') && !whole.ends_with("\\.")) return whole;
  if (origin == ".") return whole + ".";
  return whole.append(".").append(origin);
}

std::string ReadZone(std::string_view text, std::string_view origin, ZoneSink& sink) {
  Reader reader(origin, sink);
  ForEachLine(text, [&](std::size_t number, std::string_view line) { reader.Line(number, line); });
  return std::move(reader).Finish();
}

}  // namespace agent::feeds
