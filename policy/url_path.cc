#include "policy/url_path.h"

#include <cstdint>

#include "policy/ascii.h"

namespace policy {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

// The WHATWG URL Standard's percent-encode sets, besides controls and all beyond ASCII.
constexpr std::string_view kPathSet = " \"#<>?^`{}";
constexpr std::string_view kQuerySet = " \"#<>'";

bool IsUnreserved(char c) {  // RFC 3986, 2.3
  return IsLetter(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool IsControlOrBeyondAscii(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x7f;
}

// Writes percent-encoded text in its one canonical form.
//
// A lone "%" stays as it is, as browsers leave it. So that decoding never completes an escape with
// it ("%%34%31" must not become "%41", which reads as "A"), an escaped hexadecimal digit stays
// escaped right behind a lone "%", or a lone "%" and one digit.
class Encoder {
 public:
  Encoder(std::string& out, std::string_view encode_set) : out_(out), encode_set_(encode_set) {}

  void Append(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
          HexValue(text[i + 2]) >= 0) {
        AppendEscape(static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2])));
        i += 2;
      } else {
        AppendRaw(text[i]);
      }
    }
  }

 private:
  void AppendRaw(char c) {
    if (c == '%') {
      out_ += c;
      open_ = 2;
    } else if (IsControlOrBeyondAscii(c) || encode_set_.find(c) != std::string_view::npos) {
      AppendEncoded(c);
    } else {
      AppendLiteral(c);
    }
  }

  void AppendEscape(char c) {
    const bool completes_escape = open_ > 0 && HexValue(c) >= 0;
    if (IsUnreserved(c) && !completes_escape) {
      AppendLiteral(c);
    } else {
      AppendEncoded(c);
    }
  }

  void AppendLiteral(char c) {
    out_ += c;
    open_ = HexValue(c) >= 0 && open_ > 0 ? open_ - 1 : 0;
  }

  void AppendEncoded(char c) {
    const auto byte = static_cast<unsigned char>(c);
    out_ += '%';
    out_ += kHex[byte >> 4];
    out_ += kHex[byte & 0xf];
    open_ = 0;
  }

  std::string& out_;
  std::string_view encode_set_;
  int open_ = 0;  // how many digits the last lone "%" lacks of an escape
};

// Drops the last segment after `root`, the index of the path's first "/".
void DropLastSegment(std::string& out, std::size_t root) {
  const std::size_t slash = out.rfind('/');
  out.resize(slash >= root ? slash : root);
}

// The length of the UTF-8 sequence that `lead` opens, 0 if it opens none.
std::size_t SequenceSize(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = SequenceSize(lead);
    if (size == 0 || size > text.size() - i) return false;
    for (std::size_t k = 1; k < size; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      // RFC 3629, 4: the second byte's range is narrower behind these four leads.
      const int low = k > 1 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
      const int high = k > 1 ? 0xbf : lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
      if (byte < low || byte > high) return false;
    }
    i += size;
  }
  return true;
}

void AppendUrlPath(std::string& out, std::string_view path) {
  const std::size_t root = out.size();
  if (path.starts_with('/') || path.starts_with('\\')) path.remove_prefix(1);
  for (;;) {
    const std::size_t end = path.find_first_of("/\\");
    const bool last = end == std::string_view::npos;
    const std::size_t segment_at = out.size();
    out += '/';
    Encoder(out, kPathSet).Append(path.substr(0, end));
    const std::string_view segment = std::string_view(out).substr(segment_at + 1);
    if (segment == ".") {
      out.resize(segment_at);
    } else if (segment == "..") {
      out.resize(segment_at);
      DropLastSegment(out, root);
    } else if (last) {
      return;
    }
    if (last) break;
    path.remove_prefix(end + 1);
  }
  out += '/';  // the last segment was a dot segment
}

void AppendUrlQuery(std::string& out, std::string_view query) {
  Encoder(out, kQuerySet).Append(query);
}

}  // namespace policy
