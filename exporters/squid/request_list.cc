#include "exporters/squid/request_list.h"

#include <algorithm>
#include <utility>

#include "policy/domain.h"
#include "policy/url.h"

namespace exporters::squid {
namespace {

constexpr std::string_view kFormat = "sekisho-requests 1 ";
constexpr std::size_t kDigestSize = 64;

// Where the host begins, or what stands before it: after "scheme://", or at once in "host:443". A
// "://" further behind belongs to a path.
std::size_t AuthorityAt(std::string_view request) {
  const auto colon = request.find(':');
  return colon != request.npos && request.substr(colon).starts_with("://") ? colon + 3 : 0;
}

// "http://user:password@host/" asks for the same as "http://host/".
std::string WithoutUserinfo(std::string_view request) {
  const auto authority = AuthorityAt(request);
  const auto authority_end = std::min(request.find_first_of("/\\?#", authority), request.size());
  const auto at = request.substr(authority, authority_end - authority).rfind('@');
  if (at == request.npos) return std::string(request);
  return std::string(request.substr(0, authority)).append(request.substr(authority + at + 1));
}

// The host of "http://host:80/", "ftp://host/", "host:443", in lower case and without the dots
// after it, as dstdomain compares it: whether or not it is a name that DNS could hold.
std::string HostOf(std::string_view request) {
  request.remove_prefix(AuthorityAt(request));
  request = request.substr(0, request.find_first_of("/\\?#"));
  request = request.substr(0, request.find(':'));
  while (request.ends_with('.')) request.remove_suffix(1);
  std::string host(request);
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return host;
}

std::string HeadOf(const policy::Sha256& digest, std::size_t text_size) {
  return std::string(kFormat) + policy::ToHex(digest) + " " + std::to_string(text_size) + "\n";
}

tl::unexpected<policy::Error> Unusable(std::string_view problem) {
  return policy::Fail(policy::ErrorCode::malformed_input,
                      "the request list " + std::string(problem));
}

}  // namespace

bool IsBelowInvalid(std::string_view name) {
  return name == "invalid" || name.ends_with(".invalid");
}

bool HoldsLine(std::string_view lines, std::string_view line) {
  std::size_t low = 0;              // starts of lines: all before `low` are less,
  std::size_t high = lines.size();  // all from `high` on are greater
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const auto newline = middle == 0 ? lines.npos : lines.rfind('\n', middle - 1);
    const std::size_t begin = newline == lines.npos || newline < low ? low : newline + 1;
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const int order = lines.substr(begin, end - begin).compare(line);
    if (order == 0) return true;
    if (order < 0) {
      low = end + 1;
    } else {
      high = begin;
    }
  }
  return false;
}

bool HoldsNameOrParent(std::string_view lines, std::string_view name) {
  std::string line;
  for (; !name.empty(); name = policy::ParentName(name)) {
    line.assign("domain ").append(name);
    if (HoldsLine(lines, line)) return true;
  }
  return false;
}

std::string RequestList::Write(const policy::ListSnapshot& list) {
  return HeadOf(list.digest(), list.text().size()) + list.text();
}

std::string RequestList::MarkerOf(const policy::Sha256& digest) {
  constexpr std::size_t label_size = 40;  // a label has at most 63
  return policy::ToHex(digest).substr(0, label_size) + ".requests." + std::string(kMarkerDomain);
}

policy::Result<RequestList> RequestList::Read(std::string_view file) {
  if (!file.starts_with(kFormat)) {
    return Unusable("does not begin with \"sekisho-requests 1\"");
  }
  const std::size_t head_size = std::min(file.find('\n'), file.size() - 1) + 1;
  const std::string_view lines = file.substr(head_size);
  const auto digest = policy::ParseSha256(file.substr(kFormat.size(), kDigestSize));
  if (!digest || file.substr(0, head_size) != HeadOf(*digest, lines.size())) {
    return Unusable("was cut short or damaged: its first line does not fit the rest");
  }
  if (policy::Sha256Of(lines) != *digest) {
    return Unusable("is damaged: its lines do not have the digest that its first line gives");
  }
  return RequestList(MarkerOf(*digest), lines);
}

bool RequestList::BlocksHost(std::string_view request) const {
  const std::string host = HostOf(request);
  return IsBelowInvalid(host) ? host == marker_ : HoldsNameOrParent(lines_, host);
}

bool RequestList::Blocks(std::string_view request) const {
  const std::string plain = WithoutUserinfo(request);
  if (BlocksHost(plain)) return true;
  const auto url = policy::Url::Parse(plain);
  if (!url) return false;
  if (HoldsLine(lines_, "url " + url->text())) return true;
  // The host may be spelt in another way than dstdomain takes it: "%65vil.example".
  const auto* domain = std::get_if<policy::Domain>(&url->host());
  return domain != nullptr && !IsBelowInvalid(domain->name()) &&
         HoldsNameOrParent(lines_, domain->name());
}

}  // namespace exporters::squid
