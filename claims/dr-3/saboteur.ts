import type { Saboteur } from "@holdfast/trust/saboteur";

/** Silences alarms about a scratch database, as a defect or a hand in the table would; and keeps them from resolving. */
export const silenceSaboteur: Saboteur = {
  claim: "DR-3",
  set: async (scene) => {
    const database = await scene.scratch("first");
    await scene.backUp(database);
    const control = (statements: string) => scene.clusters.run("control", scene.controlDatabase, statements);
    const trigger = async (name: string, event: string, body: string) => {
      await control(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ${body} END $$;
        CREATE TRIGGER ${name} ${event} ON platform_alarm FOR EACH ROW EXECUTE FUNCTION ${name}()`);
      return {
        repair: async () =>
          void (await control(`DROP TRIGGER ${name} ON platform_alarm; DROP FUNCTION ${name}()`)),
      };
    };
    const about = `NEW.subject = '${database.name}'`;
    return {
      scope: { databases: [database.name] },
      sabotages: [
        {
          breaks: "alarms about a database were marked as over the moment they were raised",
          spoil: () =>
            trigger(
              "scratch_silence",
              "BEFORE INSERT",
              `IF ${about} THEN NEW.resolved_at := now(); END IF; RETURN NEW;`,
            ),
        },
        {
          breaks: "alarms about a database were kept from resolving",
          spoil: async () => {
            const made = await trigger(
              "scratch_stubborn",
              "BEFORE UPDATE",
              `IF ${about} THEN NEW.resolved_at := NULL; END IF; RETURN NEW;`,
            );
            return {
              repair: async () => {
                await made.repair();
                await control(
                  `UPDATE platform_alarm SET resolved_at = now() WHERE subject = '${database.name}' AND resolved_at IS NULL`,
                );
              },
            };
          },
        },
      ],
    };
  },
};
