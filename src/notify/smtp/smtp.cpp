#include "notify/smtp/smtp.h"

#include <utility>

#include "notify/smtp/mail.h"

namespace lockstep::notify {
namespace {

class Smtp final : public Channel {
 public:
  explicit Smtp(SmtpConfig config) : config_(std::move(config)) {}

  Delivery send(const Message& message, const std::atomic<bool>& stop) override {
    const Mail mail{.from = config_.from,
                    .to = config_.to,
                    .text = mail_of(message, config_.from, config_.to),
                    .must_encrypt = config_.must_encrypt};
    const auto answer = send_mail(config_.endpoint, mail, stop);
    if (!answer) return {Outcome::unreachable, answer.error().message(), {}};
    if (answer->taken) return {};
    // 5xx too: a recipient or a password may be mended. But it may be this mail that is not wanted.
    return {answer->status >= 500 ? Outcome::retry : Outcome::unreachable, answer->problem, {}};
  }

 private:
  SmtpConfig config_;
};

}  // namespace

std::unique_ptr<Channel> make_smtp(SmtpConfig config) {
  return std::make_unique<Smtp>(std::move(config));
}

}  // namespace lockstep::notify
