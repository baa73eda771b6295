#include "policy/release.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

namespace policy {
namespace {

// Offsets of lines are 32 bits wide.
constexpr std::size_t text_size_max = std::numeric_limits<std::uint32_t>::max();

// Whether `line` looks like a LineOf of something that can be blocked. A full parse is
// BlockSetOf's; this is what keeps one entry from becoming two in any text made of lines.
bool HasLineShape(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space + 1 == line.size()) return false;
  const std::string_view kind = line.substr(0, space);
  if (kind != "domain" && kind != "ip" && kind != "url") return false;
  const std::string_view rest = line.substr(space + 1);
  return std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

tl::unexpected<Error> BadLine(std::size_t index, std::string_view problem) {
  return Fail(ErrorCode::malformed_input,
              "line " + std::to_string(index + 1) + " of the list " + std::string(problem));
}

tl::unexpected<Error> TooLong() {
  return Fail(ErrorCode::exhausted,
              "a list's text must stay below 4 GiB; divide it by kind or by tag");
}

std::string_view Content(std::string_view text, std::size_t at) {
  return text.substr(at, text.find('\n', at) - at);
}

struct Joined {
  std::string text;
  std::vector<std::uint32_t> line_at;
};

template <class Line, class TextOf>
Joined Join(const std::vector<Line>& lines, TextOf text_of) {
  std::size_t bytes = 0;
  for (const Line& each : lines) bytes += text_of(each).size() + 1;
  // The caller holds every line in memory already and caps its lists far below this.
  if (bytes > text_size_max) std::abort();
  Joined joined;
  joined.text.reserve(bytes);
  joined.line_at.reserve(lines.size());
  for (const Line& each : lines) {
    joined.line_at.push_back(static_cast<std::uint32_t>(joined.text.size()));
    joined.text.append(text_of(each)).push_back('\n');
  }
  return joined;
}

// Takes the number after the last tab of `line` off its end.
std::optional<std::uint32_t> TakeNumber(std::string_view& line, std::uint32_t max) {
  const std::size_t tab = line.rfind('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  const std::string_view digits = line.substr(tab + 1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number > max) {
    return std::nullopt;
  }
  line.remove_suffix(digits.size() + 1);
  return number;
}

std::optional<std::size_t> FindLine(std::string_view text,
                                    const std::vector<std::uint32_t>& line_at,
                                    std::string_view wanted) {
  const auto at = std::partition_point(line_at.begin(), line_at.end(), [&](std::uint32_t offset) {
    return Content(text, offset) < wanted;
  });
  if (at == line_at.end() || Content(text, *at) != wanted) return std::nullopt;
  return static_cast<std::size_t>(at - line_at.begin());
}

tl::unexpected<Error> MadeForAnother(std::string_view what, std::string_view line) {
  return Fail(ErrorCode::conflict, "the delta " + std::string(what) + ": '" + std::string(line) +
                                       "'; it was made for another release");
}

Result<void> CheckTerms(const Delta& delta) {
  const bool fit = (delta.terms.empty() || delta.terms.size() == delta.added.size()) &&
                   delta.new_terms.size() == delta.retermed.size();
  if (fit) return {};
  return Fail(ErrorCode::malformed_input, "the delta has not as many terms as lines");
}

Result<void> CheckSide(const std::vector<std::string>& lines, std::string_view side) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!HasLineShape(lines[i])) {
      return Fail(ErrorCode::malformed_input, "line " + std::to_string(i + 1) + " of the delta's " +
                                                  std::string(side) + " is no canonical list line");
    }
    if (i > 0 && lines[i - 1] >= lines[i]) {
      return Fail(ErrorCode::malformed_input, "line " + std::to_string(i + 1) + " of the delta's " +
                                                  std::string(side) +
                                                  " is out of order or a duplicate");
    }
  }
  return {};
}

// Writes the successor of a snapshot: whole runs of unchanged lines, and single new ones.
class Writer {
 public:
  // `has_terms`: the successor has terms, whether or not the snapshot had.
  Writer(const std::string& from, const std::vector<std::uint32_t>& from_line_at,
         const PackedTerms& from_terms, bool has_terms)
      : from_(from), from_line_at_(from_line_at), from_terms_(from_terms), has_terms_(has_terms) {}

  void Reserve(std::size_t bytes, std::size_t lines) {
    text.reserve(bytes);
    line_at.reserve(lines);
    if (has_terms_) terms.Reserve(lines);
  }

  void CopyUpTo(std::size_t end) {
    const std::size_t begin_byte = OffsetOf(next_);
    const std::size_t end_byte = OffsetOf(end);
    const std::size_t moved_to = text.size();
    CopyTerms(end);
    for (; next_ < end; ++next_) {
      line_at.push_back(static_cast<std::uint32_t>(from_line_at_[next_] - begin_byte + moved_to));
    }
    text.append(from_, begin_byte, end_byte - begin_byte);
  }

  void Skip() { ++next_; }

  void Write(std::string_view line, Terms line_terms) {
    line_at.push_back(static_cast<std::uint32_t>(text.size()));
    text.append(line);
    text.push_back('\n');
    if (has_terms_) terms.Add(line_terms);
  }

  std::size_t next() const { return next_; }

  std::string text;
  std::vector<std::uint32_t> line_at;
  PackedTerms terms;

 private:
  void CopyTerms(std::size_t end) {
    if (!has_terms_) return;
    if (!from_terms_.empty()) return terms.AddFrom(from_terms_, next_, end);
    for (std::size_t i = next_; i < end; ++i) terms.Add({});
  }

  std::size_t OffsetOf(std::size_t index) const {
    return index < from_line_at_.size() ? from_line_at_[index] : from_.size();
  }

  const std::string& from_;
  const std::vector<std::uint32_t>& from_line_at_;
  const PackedTerms& from_terms_;
  const bool has_terms_;
  std::size_t next_ = 0;  // the first line not yet copied or skipped
};

}  // namespace

ListSnapshot::ListSnapshot(std::string text, std::vector<std::uint32_t> line_at, PackedTerms terms)
    : text_(std::move(text)),
      line_at_(std::move(line_at)),
      terms_(std::move(terms)),
      digest_(Sha256Of(text_)),
      terms_digest_(DigestOf(terms_)) {}

std::shared_ptr<const ListSnapshot> ListSnapshot::Empty() {
  return FromLines({});
}

Result<std::shared_ptr<const ListSnapshot>> ListSnapshot::Parse(std::string text,
                                                                PackedTerms terms) {
  if (text.size() > text_size_max) return TooLong();
  if (!text.empty() && text.back() != '\n') {
    return Fail(ErrorCode::malformed_input,
                "the list's last line has no newline: the text was cut short");
  }
  std::vector<std::uint32_t> line_at;
  line_at.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  std::string_view previous;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = Content(text, at);
    if (!HasLineShape(line)) return BadLine(line_at.size(), "is no canonical list line");
    if (previous >= line) return BadLine(line_at.size(), "is out of order or a duplicate");
    line_at.push_back(static_cast<std::uint32_t>(at));
    at += line.size() + 1;
    previous = line;
  }
  if (!terms.empty() && terms.size() != line_at.size()) {
    return Fail(ErrorCode::malformed_input, "the list has " + std::to_string(line_at.size()) +
                                                " lines, and terms for " +
                                                std::to_string(terms.size()));
  }
  return std::shared_ptr<const ListSnapshot>(
      new ListSnapshot(std::move(text), std::move(line_at), std::move(terms)));
}

Result<std::shared_ptr<const ListSnapshot>> ListSnapshot::ParseTermed(std::string_view termed) {
  if (termed.find('\t') == std::string_view::npos) return Parse(std::string(termed));
  std::string text;
  PackedTerms terms;
  text.reserve(termed.size());
  for (std::size_t at = 0; at < termed.size();) {
    std::string_view line = Content(termed, at);
    at += line.size() + 1;
    const auto risk = TakeNumber(line, risk_max);
    const auto expires = TakeNumber(line, Terms::no_end);
    if (at > termed.size() || !risk || !expires) return BadLine(terms.size(), "has no terms");
    terms.Add({*expires, static_cast<std::uint8_t>(*risk)});
    text.append(line).push_back('\n');
  }
  return Parse(std::move(text), std::move(terms));
}

std::string ListSnapshot::TermedText() const {
  if (terms_.empty()) return text_;
  std::string text;
  text.reserve(text_.size() + size() * 15);
  for (std::size_t i = 0; i < size(); ++i) {
    const Terms its = terms(i);
    text.append(line(i)).push_back('\t');
    text.append(std::to_string(its.expires)).push_back('\t');
    text.append(std::to_string(its.risk)).push_back('\n');
  }
  return text;
}

std::shared_ptr<const ListSnapshot> ListSnapshot::FromLines(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  Joined joined = Join(lines, [](const std::string& line) -> const std::string& { return line; });
  return std::shared_ptr<const ListSnapshot>(
      new ListSnapshot(std::move(joined.text), std::move(joined.line_at), {}));
}

std::shared_ptr<const ListSnapshot> ListSnapshot::FromTermed(std::vector<TermedLine> lines) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const TermedLine& a, const TermedLine& b) { return a.line < b.line; });
  const auto is_same = [](const TermedLine& a, const TermedLine& b) { return a.line == b.line; };
  lines.erase(std::unique(lines.begin(), lines.end(), is_same), lines.end());
  PackedTerms terms;
  terms.Reserve(lines.size());
  for (const TermedLine& each : lines) terms.Add(each.terms);
  Joined joined =
      Join(lines, [](const TermedLine& each) -> const std::string& { return each.line; });
  return std::shared_ptr<const ListSnapshot>(
      new ListSnapshot(std::move(joined.text), std::move(joined.line_at), std::move(terms)));
}

std::string_view ListSnapshot::line(std::size_t index) const {
  const std::size_t end = index + 1 < line_at_.size() ? line_at_[index + 1] : text_.size();
  return std::string_view(text_).substr(line_at_[index], end - line_at_[index] - 1);
}

std::size_t ListSnapshot::Find(std::string_view line) const {
  return FindLine(text_, line_at_, line).value_or(size());
}

std::shared_ptr<const ListSnapshot> ListSnapshot::Select(
    const std::function<bool(std::size_t)>& keeps) const {
  std::size_t bytes = 0;
  std::size_t lines = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!keeps(i)) continue;
    bytes += line(i).size() + 1;
    ++lines;
  }
  Writer writer(text_, line_at_, terms_, !terms_.empty());
  writer.Reserve(bytes, lines);
  for (std::size_t i = 0; i < size(); ++i) {
    if (keeps(i)) continue;
    writer.CopyUpTo(i);
    writer.Skip();
  }
  writer.CopyUpTo(size());
  return std::shared_ptr<const ListSnapshot>(
      new ListSnapshot(std::move(writer.text), std::move(writer.line_at), std::move(writer.terms)));
}

Result<std::shared_ptr<const ListSnapshot>> ListSnapshot::Apply(const Delta& delta) const {
  if (auto ok = CheckSide(delta.added, "additions"); !ok) return tl::unexpected(ok.error());
  if (auto ok = CheckSide(delta.removed, "removals"); !ok) return tl::unexpected(ok.error());
  if (auto ok = CheckSide(delta.retermed, "new terms"); !ok) return tl::unexpected(ok.error());
  if (auto ok = CheckTerms(delta); !ok) return tl::unexpected(ok.error());
  std::size_t bytes = text_.size();
  for (const std::string& line : delta.added) bytes += line.size() + 1;
  if (bytes > text_size_max) return TooLong();

  const bool has_terms = !terms_.empty() || !delta.terms.empty() || !delta.new_terms.empty();
  Writer writer(text_, line_at_, terms_, has_terms);
  writer.Reserve(bytes, size() + delta.added.size());
  auto added = delta.added.begin();
  auto removed = delta.removed.begin();
  while (added != delta.added.end() || removed != delta.removed.end()) {
    const bool adds =
        removed == delta.removed.end() || (added != delta.added.end() && *added <= *removed);
    const std::string& change = adds ? *added : *removed;
    const auto at = std::partition_point(
        line_at_.begin() + static_cast<std::ptrdiff_t>(writer.next()), line_at_.end(),
        [&](std::uint32_t offset) { return Content(text_, offset) < change; });
    const bool present = at != line_at_.end() && Content(text_, *at) == change;
    if (adds == present) {
      return MadeForAnother(adds ? "adds what the list has" : "removes what the list lacks",
                            change);
    }
    writer.CopyUpTo(static_cast<std::size_t>(at - line_at_.begin()));
    if (adds) {
      const auto index = static_cast<std::size_t>(added - delta.added.begin());
      writer.Write(change, delta.terms.empty() ? Terms{} : delta.terms[index]);
      ++added;
    } else {
      writer.Skip();
      ++removed;
    }
  }
  writer.CopyUpTo(size());
  for (std::size_t i = 0; i < delta.retermed.size(); ++i) {
    const auto at = FindLine(writer.text, writer.line_at, delta.retermed[i]);
    if (!at) return MadeForAnother("changes the terms of what the list lacks", delta.retermed[i]);
    writer.terms.Set(*at, delta.new_terms[i]);
  }
  return std::shared_ptr<const ListSnapshot>(
      new ListSnapshot(std::move(writer.text), std::move(writer.line_at), std::move(writer.terms)));
}

Delta Difference(const ListSnapshot& from, const ListSnapshot& to) {
  Delta delta;
  const bool has_terms = !to.all_terms().empty();
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < from.size() || j < to.size()) {
    const auto order = i == from.size() ? std::strong_ordering::greater
                       : j == to.size() ? std::strong_ordering::less
                                        : from.line(i) <=> to.line(j);
    if (order < 0) {
      delta.removed.emplace_back(from.line(i++));
    } else if (order > 0) {
      if (has_terms) delta.terms.Add(to.terms(j));
      delta.added.emplace_back(to.line(j++));
    } else {
      if (has_terms && from.terms(i) != to.terms(j)) {
        delta.retermed.emplace_back(to.line(j));
        delta.new_terms.Add(to.terms(j));
      }
      ++i;
      ++j;
    }
  }
  return delta;
}

Result<BlockSet> BlockSetOf(const ListSnapshot& list) {
  BlockSet set;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto indicator = ParseLine(list.line(i));
    if (!indicator) return BadLine(i, "cannot be read: " + indicator.error().detail);
    if (LineOf(*indicator) != list.line(i)) {
      return BadLine(i, "is not in canonical form, which is '" + LineOf(*indicator) + "'");
    }
    if (auto* domain = std::get_if<Domain>(&*indicator)) {
      set.domains.push_back(std::move(*domain));
    } else if (auto* prefix = std::get_if<IpPrefix>(&*indicator)) {
      set.prefixes.push_back(*prefix);
    } else if (auto* url = std::get_if<Url>(&*indicator)) {
      set.urls.push_back(std::move(*url));
    } else {
      return BadLine(i, "names a file, which no network device blocks");
    }
  }
  return set;
}

}  // namespace policy
