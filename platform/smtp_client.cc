#include "platform/smtp_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;
using Security = SmtpServer::Security;

constexpr long timeout_seconds = 30;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using List = std::unique_ptr<curl_slist, FreeList>;

std::size_t OnRead(char* to, std::size_t size, std::size_t count, void* left) {
  auto& text = *static_cast<std::string_view*>(left);
  const std::size_t taken = std::min(size * count, text.size());
  std::memcpy(to, text.data(), taken);
  text.remove_prefix(taken);
  return taken;
}

int OnProgress(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

ErrorCode CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_LOGIN_DENIED: return ErrorCode::not_allowed;
    case CURLE_OPERATION_TIMEDOUT: return ErrorCode::exhausted;
    default: return ErrorCode::unavailable;
  }
}

List Recipients(const std::vector<std::string>& to) {
  List list;
  for (const std::string& address : to) {
    curl_slist* longer = curl_slist_append(list.get(), ("<" + address + ">").c_str());
    if (longer == nullptr) return nullptr;
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

std::string UrlOf(const SmtpServer& server) {
  const bool is_ipv6 = server.host.find(':') != std::string::npos;
  return std::string(server.security == Security::tls ? "smtps://" : "smtp://") +
         (is_ipv6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

}  // namespace

Result<void> SendMail(const SmtpServer& server, const std::string& password,
                      const std::string& from, const std::vector<std::string>& to,
                      const std::string& text, std::stop_token stop) {
  const Easy easy(curl_easy_init());
  const List recipients = Recipients(to);
  const std::string url = UrlOf(server);
  const std::string sender = "<" + from + ">";
  std::string_view left = text;
  bool good = easy != nullptr && recipients != nullptr;
  const auto set = [&](CURLoption option, auto value) {
    good = good && curl_easy_setopt(easy.get(), option, value) == CURLE_OK;
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_USE_SSL,
      static_cast<long>(server.security == Security::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!server.ca_file.empty()) {
    set(CURLOPT_CAINFO, server.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!server.user.empty()) {
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, password.c_str());
  }
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT, timeout_seconds);
  set(CURLOPT_MAIL_FROM, sender.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &OnProgress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&stop));
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &OnRead);
  set(CURLOPT_READDATA, static_cast<void*>(&left));
  if (!good) return policy::Fail(ErrorCode::unavailable, "libcurl can't be set up as needed");
  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_OK) return {};
  long answer = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer);
  return policy::Fail(CodeOf(code), server.host + ": " + curl_easy_strerror(code) +
                                        (answer > 0 ? " (" + std::to_string(answer) + ")" : ""));
}

}  // namespace platform
