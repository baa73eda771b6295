#include "agent/feeds/text_word.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "agent/feeds/text_words.h"
#include "policy/ascii.h"
#include "policy/public_suffix.h"
#include "policy/refang.h"

namespace agent::feeds {
namespace {

using policy::Domain;
using policy::Indicator;
using policy::IpPrefix;
using Kind = TextWord::Kind;

// Ends of file names that are no top-level domains.
constexpr std::array<std::string_view, 65> kFileEnds{
    "7z",  "apk",  "asp", "aspx", "bat",  "bin", "bmp",  "cfg", "cgi",  "class", "conf",
    "cpl", "csv",  "dat", "db",   "dex",  "dll", "dmg",  "doc", "docm", "docx",  "dot",
    "elf", "exe",  "gif", "gz",   "hta",  "htm", "html", "ico", "img",  "ini",   "iso",
    "jar", "jpeg", "jpg", "js",   "json", "jsp", "lnk",  "log", "msi",  "ocx",   "pdb",
    "pdf", "php",  "png", "ppt",  "pptx", "ps1", "rar",  "rtf", "scr",  "svg",   "sys",
    "tar", "tgz",  "tmp", "txt",  "vbe",  "vbs", "war",  "xls", "xlsx", "xml"};
// Ends of file names that are top-level domains too.
constexpr std::array<std::string_view, 9> kFileOrName{"cab", "md", "mov", "pl", "ps",
                                                      "py",  "rs", "sh",  "zip"};
constexpr std::array<std::string_view, 8> kVersionWords{"version", "versions", "ver",      "v",
                                                        "build",   "release",  "firmware", "ver."};

bool IsIn(std::string_view text, std::span<const std::string_view> list) {
  return std::any_of(list.begin(), list.end(), [text](std::string_view each) {
    return policy::EqualsIgnoringCase(text, each);
  });
}

std::string_view LastLabel(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

// Names of packages and classes run the other way: "com.example.app", "br.com.example". `name` has
// a dot.
bool IsPackage(std::string_view name) {
  constexpr std::array<std::string_view, 3> starts{"com", "net", "org"};
  const std::string_view first = name.substr(0, name.find('.'));
  const std::string_view rest = name.substr(first.size() + 1);
  const std::string_view second = rest.substr(0, rest.find('.'));
  const bool has_two = second.size() < rest.size();
  return IsIn(first, starts) || (first.size() == 2 && has_two && IsIn(second, starts));
}

bool IsExample(const Domain& name) {
  static const std::array<Domain, 7> reserved{
      *Domain::Parse("example.com"), *Domain::Parse("example.net"), *Domain::Parse("example.org"),
      *Domain::Parse("example"),     *Domain::Parse("test"),        *Domain::Parse("invalid"),
      *Domain::Parse("localhost")};
  return std::any_of(reserved.begin(), reserved.end(),
                     [&](const Domain& example) { return name.IsWithin(example); });
}

bool IsExample(const IpPrefix& prefix) {
  static const std::array<IpPrefix, 4> reserved{
      *IpPrefix::Parse("192.0.2.0/24"), *IpPrefix::Parse("198.51.100.0/24"),
      *IpPrefix::Parse("203.0.113.0/24"), *IpPrefix::Parse("2001:db8::/32")};
  return std::any_of(reserved.begin(), reserved.end(),
                     [&](const IpPrefix& example) { return example.Contains(prefix); });
}

// "v1.2.3", "10.0.19041", "1.2.3b4".
bool IsVersion(std::string_view text) {
  if (!text.empty() && policy::ToLower(text.front()) == 'v') text.remove_prefix(1);
  if (text.empty() || !policy::IsDigit(text.front())) return false;
  const std::string_view last = LastLabel(text);
  return !last.empty() && policy::IsDigit(last.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c == '.' || c == '-' || c == '_' || policy::IsDigit(c) || policy::IsLetter(c);
         });
}

// Without ":443".
std::string_view WithoutPort(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return text;
  const std::string_view port = text.substr(colon + 1);
  const bool is_port = port.size() <= 5 && std::all_of(port.begin(), port.end(), policy::IsDigit);
  return is_port ? text.substr(0, colon) : text;
}

class Classifier {
 public:
  Classifier(std::string_view word, std::string_view before, bool alone, std::string_view scheme)
      : live_(policy::Refang(word)), before_(before), alone_(alone), scheme_(scheme) {
    result_.defanged = live_ != word;
  }

  TextWord Run() && {
    if (StartsWithScheme(live_)) return Web(live_);
    if (live_.find('\\') != std::string::npos) return Ordinary();
    const std::size_t path = live_.find_first_of("/?");
    if (live_.find('@') < path) return Unwanted("e-mail address");
    if (auto hash = policy::FileHash::Parse(live_)) return Found(*std::move(hash));
    const std::string host(WithoutPort(live_));
    if (const auto prefix = IpPrefix::Parse(host)) return Address(*prefix);
    if (path != std::string::npos) return WithoutScheme(live_.substr(0, path));
    return Name(host);
  }

 private:
  TextWord Ordinary() {
    if (result_.defanged) return Broken("no indicator");
    return std::move(result_);
  }
  TextWord As(Kind kind, std::string_view reason) {
    result_.kind = kind;
    result_.reason = reason;
    return std::move(result_);
  }
  TextWord Unwanted(std::string_view reason) { return As(Kind::unwanted, reason); }
  TextWord Broken(std::string_view reason) { return As(Kind::broken, reason); }
  TextWord Found(Indicator indicator) {
    result_.indicator = std::move(indicator);
    return As(Kind::indicator, {});
  }

  TextWord Web(std::string_view text) {
    if (text.ends_with("...") || text.ends_with("\xe2\x80\xa6")) return Broken("URL cut short");
    auto url = policy::Url::Parse(text);
    if (!url) return Broken("no URL");
    if (std::visit([](const auto& host) { return IsExample(host); }, url->host())) {
      return Unwanted("an example");
    }
    return Found(*std::move(url));
  }

  TextWord Address(const IpPrefix& prefix) {
    if (!result_.defanged && IsIn(before_, kVersionWords)) return Unwanted("version number");
    if (IsExample(prefix)) return Unwanted("an example");
    return Found(prefix);
  }

  TextWord WithoutScheme(const std::string& host) {
    const std::string name(WithoutPort(host));
    const bool is_host = IpPrefix::Parse(name) || IsName(name);
    if (!is_host) return Ordinary();
    if (scheme_.empty()) return Unwanted("URL without a scheme");
    return Web(std::string(scheme_) + "://" + live_);
  }

  // Whether there is a dot, and a known public suffix at the end.
  static bool IsName(const std::string& text) {
    const auto name = Domain::Parse(text);
    return name && name->name().find('.') != std::string::npos &&
           policy::HasListedSuffix(name->name());
  }

  TextWord Name(const std::string& text) {
    if (text.find('.') == std::string::npos) return Ordinary();
    if (IsVersion(text)) return Unwanted("version number");
    auto name = Domain::Parse(text);
    if (!name || name->name().find('.') == std::string::npos) return Ordinary();
    const std::string_view last = LastLabel(name->name());
    if (IsIn(last, kFileEnds)) return Unwanted("file name");
    if (IsExample(*name)) return Unwanted("an example");
    if (!result_.defanged) {
      if (IsPackage(name->name())) return Unwanted("package name");
      if (!policy::HasListedSuffix(name->name())) return Unwanted("no known public suffix");
      if (!alone_ && IsIn(last, kFileOrName)) return Unwanted("file name");
    }
    return Found(*std::move(name));
  }

  std::string live_;
  std::string_view before_;
  bool alone_;
  std::string_view scheme_;
  TextWord result_;
};

}  // namespace

TextWord ClassifyWord(std::string_view word, std::string_view before, bool alone,
                      std::string_view scheme) {
  return Classifier(word, before, alone, scheme).Run();
}

}  // namespace agent::feeds
