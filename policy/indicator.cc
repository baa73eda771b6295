#include "policy/indicator.h"

#include <algorithm>
#include <array>

#include "policy/ascii.h"
#include "policy/quote.h"
#include "policy/refang.h"

namespace policy {
namespace {

constexpr std::array<std::string_view, 4> kKindNames{"domain", "ip", "url", "hash"};

// White space and the invisible characters that pages and PDFs leave around what people copy:
// no-break space, zero-width space and joiners, word joiner, byte order mark.
constexpr std::array<std::string_view, 12> kBlanks{
    " ", "\t", "\n", "\r", "\v", "\f", "\u00a0", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"};

std::string_view Trimmed(std::string_view text) {
  const auto at_start = [&text](std::string_view blank) { return text.starts_with(blank); };
  const auto at_end = [&text](std::string_view blank) { return text.ends_with(blank); };
  for (;;) {
    if (const auto it = std::find_if(kBlanks.begin(), kBlanks.end(), at_start);
        it != kBlanks.end()) {
      text.remove_prefix(it->size());
    } else if (const auto last = std::find_if(kBlanks.begin(), kBlanks.end(), at_end);
               last != kBlanks.end()) {
      text.remove_suffix(last->size());
    } else {
      return text;
    }
  }
}

bool IsHashSize(std::size_t size) {
  return size == 32 || size == 40 || size == 64;
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return HexValue(c) >= 0; });
}

bool HasScheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = text.substr(0, colon);
  return text.substr(colon).starts_with("://") || EqualsIgnoringCase(name, "http") ||
         EqualsIgnoringCase(name, "https");
}

// What can only be meant as an address or prefix, so that its error is worth telling.
bool LooksLikeIp(std::string_view text) {
  const std::string_view address = text.substr(0, text.find('/'));
  return address.find_first_not_of("0123456789.") == std::string_view::npos ||
         (address.find(':') != std::string_view::npos &&
          address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos);
}

template <class T>
Result<Indicator> Widen(Result<T> value) {
  if (!value) return tl::unexpected(std::move(value.error()));
  return Indicator(*std::move(value));
}

}  // namespace

Result<FileHash> FileHash::Parse(std::string_view text) {
  if (!IsHashSize(text.size()) || !IsHex(text)) {
    return Fail(ErrorCode::malformed_input,
                Quote(text) +
                    " is not a file hash: write an MD5, SHA-1 or SHA-256 as 32, 40 or "
                    "64 hexadecimal digits");
  }
  std::string hex(text);
  for (char& c : hex) c = ToLower(c);
  return FileHash(std::move(hex));
}

IndicatorKind KindOf(const Indicator& indicator) {
  return static_cast<IndicatorKind>(indicator.index());
}

std::string_view Name(IndicatorKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

Result<IndicatorKind> ParseKind(std::string_view name) {
  const auto it = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (it == kKindNames.end()) {
    return Fail(ErrorCode::malformed_input,
                Quote(name) + " is not a kind of indicator: write domain, ip, url or hash");
  }
  return static_cast<IndicatorKind>(it - kKindNames.begin());
}

std::string TextOf(const Indicator& indicator) {
  switch (KindOf(indicator)) {
    case IndicatorKind::domain: return std::get<Domain>(indicator).name();
    case IndicatorKind::ip: return std::get<IpPrefix>(indicator).ToString();
    case IndicatorKind::url: return std::get<Url>(indicator).text();
    case IndicatorKind::file_hash: return std::get<FileHash>(indicator).hex();
  }
  return {};
}

std::string LineOf(const Indicator& indicator) {
  std::string line(Name(KindOf(indicator)));
  line += ' ';
  line += TextOf(indicator);
  return line;
}

Result<Indicator> ParseIndicator(IndicatorKind kind, std::string_view text) {
  switch (kind) {
    case IndicatorKind::domain: return Widen(Domain::Parse(text));
    case IndicatorKind::ip: return Widen(IpPrefix::Parse(text));
    case IndicatorKind::url: return Widen(Url::Parse(text));
    case IndicatorKind::file_hash: return Widen(FileHash::Parse(text));
  }
  return Fail(ErrorCode::malformed_input, "there is no such kind of indicator");
}

Result<Indicator> GuessIndicator(std::string_view text) {
  const std::string live = Refang(Trimmed(text));
  if (HasScheme(live)) return ParseIndicator(IndicatorKind::url, live);
  if (IsHashSize(live.size()) && IsHex(live)) {
    return ParseIndicator(IndicatorKind::file_hash, live);
  }
  if (LooksLikeIp(live)) return ParseIndicator(IndicatorKind::ip, live);
  return ParseIndicator(IndicatorKind::domain, live);
}

Result<Indicator> ParseLine(std::string_view line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const auto kind = ParseKind(line.substr(0, space));
  if (!kind) return tl::unexpected(kind.error());
  auto indicator = ParseIndicator(*kind, line.substr(std::min(space + 1, line.size())));
  if (indicator && LineOf(*indicator) != line) {
    return Fail(ErrorCode::malformed_input,
                Quote(line) + " is not canonical: write " + Quote(LineOf(*indicator)));
  }
  return indicator;
}

}  // namespace policy
