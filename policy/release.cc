#include "policy/release.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
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
  Writer(const std::string& from, const std::vector<std::uint32_t>& from_line_at)
      : from_(from), from_line_at_(from_line_at) {}

  void Reserve(std::size_t bytes, std::size_t lines) {
    text.reserve(bytes);
    line_at.reserve(lines);
  }

  void CopyUpTo(std::size_t end) {
    const std::size_t begin_byte = OffsetOf(next_);
    const std::size_t end_byte = OffsetOf(end);
    const std::size_t moved_to = text.size();
    for (; next_ < end; ++next_) {
      line_at.push_back(static_cast<std::uint32_t>(from_line_at_[next_] - begin_byte + moved_to));
    }
    text.append(from_, begin_byte, end_byte - begin_byte);
  }

  void Skip() { ++next_; }

  void Write(std::string_view line) {
    line_at.push_back(static_cast<std::uint32_t>(text.size()));
    text.append(line);
    text.push_back('\n');
  }

  std::size_t next() const { return next_; }

  std::string text;
  std::vector<std::uint32_t> line_at;

 private:
  std::size_t OffsetOf(std::size_t index) const {
    return index < from_line_at_.size() ? from_line_at_[index] : from_.size();
  }

  const std::string& from_;
  const std::vector<std::uint32_t>& from_line_at_;
  std::size_t next_ = 0;  // the first line not yet copied or skipped
};

}  // namespace

ListSnapshot::ListSnapshot(std::string text, std::vector<std::uint32_t> line_at)
    : text_(std::move(text)), line_at_(std::move(line_at)), digest_(Sha256Of(text_)) {}

std::shared_ptr<const ListSnapshot> ListSnapshot::Empty() {
  return FromLines({});
}

Result<std::shared_ptr<const ListSnapshot>> ListSnapshot::Parse(std::string text) {
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
  return std::shared_ptr<const ListSnapshot>(new ListSnapshot(std::move(text), std::move(line_at)));
}

std::shared_ptr<const ListSnapshot> ListSnapshot::FromLines(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::size_t bytes = 0;
  for (const std::string& line : lines) bytes += line.size() + 1;
  // The caller holds every line in memory already and caps its lists far below this.
  if (bytes > text_size_max) std::abort();
  std::string text;
  text.reserve(bytes);
  std::vector<std::uint32_t> line_at;
  line_at.reserve(lines.size());
  for (const std::string& line : lines) {
    line_at.push_back(static_cast<std::uint32_t>(text.size()));
    text.append(line).push_back('\n');
  }
  return std::shared_ptr<const ListSnapshot>(new ListSnapshot(std::move(text), std::move(line_at)));
}

std::string_view ListSnapshot::line(std::size_t index) const {
  const std::size_t end = index + 1 < line_at_.size() ? line_at_[index + 1] : text_.size();
  return std::string_view(text_).substr(line_at_[index], end - line_at_[index] - 1);
}

bool ListSnapshot::Contains(std::string_view wanted) const {
  const auto at = std::partition_point(line_at_.begin(), line_at_.end(), [&](std::uint32_t offset) {
    return Content(text_, offset) < wanted;
  });
  return at != line_at_.end() && Content(text_, *at) == wanted;
}

Result<std::shared_ptr<const ListSnapshot>> ListSnapshot::Apply(const Delta& delta) const {
  if (auto ok = CheckSide(delta.added, "additions"); !ok) return tl::unexpected(ok.error());
  if (auto ok = CheckSide(delta.removed, "removals"); !ok) return tl::unexpected(ok.error());
  std::size_t bytes = text_.size();
  for (const std::string& line : delta.added) bytes += line.size() + 1;
  if (bytes > text_size_max) return TooLong();

  Writer writer(text_, line_at_);
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
      return Fail(ErrorCode::conflict, "the delta " +
                                           std::string(adds ? "adds what the list has"
                                                            : "removes what the "
                                                              "list lacks") +
                                           ": '" + change + "'; it was made for another release");
    }
    writer.CopyUpTo(static_cast<std::size_t>(at - line_at_.begin()));
    if (adds) {
      writer.Write(change);
      ++added;
    } else {
      writer.Skip();
      ++removed;
    }
  }
  writer.CopyUpTo(size());
  return std::shared_ptr<const ListSnapshot>(
      new ListSnapshot(std::move(writer.text), std::move(writer.line_at)));
}

Delta Difference(const ListSnapshot& from, const ListSnapshot& to) {
  Delta delta;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < from.size() || j < to.size()) {
    const auto order = i == from.size() ? std::strong_ordering::greater
                       : j == to.size() ? std::strong_ordering::less
                                        : from.line(i) <=> to.line(j);
    if (order < 0) {
      delta.removed.emplace_back(from.line(i++));
    } else if (order > 0) {
      delta.added.emplace_back(to.line(j++));
    } else {
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
