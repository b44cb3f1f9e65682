import { Link } from "../router/link.tsx";
import { recordUrl } from "../router/routes.ts";
import { Avatar } from "../ui/badge.tsx";
import { menuIcon } from "../ui/icons.ts";
import { useStore } from "../ui/store.ts";
import { useApp } from "./app-context.ts";
import { menuUrl, railApps } from "./menus.ts";
import { recents } from "./recents.ts";
import { TopBar } from "./top-bar.tsx";
import "../styles/home.css";

/** Recent records shown. */
const maxShown = 8;

/** The first screen: the apps, and what one worked on last. */
export function HomeScreen() {
  const { user, menus } = useApp();
  const opened = useStore(recents).slice(0, maxShown);
  const [firstName = user.name] = user.name.split(" ");
  return (
    <main className="screen home-screen">
      <TopBar title="Home" />
      <div className="home">
        <h2>
          {greeting(new Date().getHours())}, {firstName}
        </h2>
        <div className="home-apps">
          {railApps(menus).map(({ item, children }) => {
            const url = menuUrl(item, menus);
            const Icon = menuIcon(item.icon);
            return url ? (
              <Link key={item.key} to={url} trail="reset" className="home-app">
                <span className="home-icon">
                  <Icon className="icon" aria-hidden />
                </span>
                <strong>{item.label}</strong>
                <small>
                  {children
                    .map((child) => child.label)
                    .slice(0, 4)
                    .join(" · ")}
                </small>
              </Link>
            ) : null;
          })}
        </div>
        {opened.length > 0 ? (
          <section>
            <h3>Opened lately</h3>
            <ul className="home-recents">
              {opened.map((recent) => (
                <li key={`${recent.model} ${recent.id}`}>
                  <Link to={recordUrl(recent.model, recent.id)}>
                    <Avatar name={recent.name} />
                    <span className="cut">{recent.name}</span>
                    <small>{menus.find((item) => item.model === recent.model)?.label}</small>
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
      </div>
    </main>
  );
}

function greeting(hour: number): string {
  if (hour < 5) return "Good evening";
  if (hour < 12) return "Good morning";
  return hour < 18 ? "Good afternoon" : "Good evening";
}
